import {
  TEST_IDENTITY_SECRET,
  aMachine,
  aService,
  anAdmin,
  aStranger,
  aUser,
  nobody,
  testService,
  type TestService,
} from '@tikitu/runtime/testing'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { definePartner } from '../src/service.ts'

/** A user pool that nobody runs: what wants to change it is tried again later. */
const NO_POOL = {
  userPoolId: 'eu-central-1_Nowhere',
  local: { endpoint: 'http://127.0.0.1:9', adminSecret: TEST_IDENTITY_SECRET },
}

/** The service over a database of its own. */
export function partnerService(
  userPool: Parameters<typeof definePartner>[0]['userPool'] = NO_POOL,
): Promise<TestService> {
  return testService(definePartner({ userPool }))
}

/** A partner in a test, with one of each kind of caller. */
export interface TestPartner {
  readonly id: string
  readonly owner: Identity
  readonly manager: Identity
  readonly scanner: Identity
  readonly machine: Identity
}

let counter = 0

/** A verified partner with an owner, a manager, a scanner and a machine. */
export async function aPartner(service: TestService, companyName = `Company ${(counter += 1)}`): Promise<TestPartner> {
  const partner = await aPendingPartner(service, companyName)
  await decide(service, 'verify', partner.id)
  return partner
}

/** A partner that waits for an admin, with the same people. */
export async function aPendingPartner(
  service: TestService,
  companyName = `Company ${(counter += 1)}`,
): Promise<TestPartner> {
  const owner = aUser()
  const { data } = await service.graph(
    owner,
    'mutation ($input: RegisterPartnerInput!) { registerPartner(input: $input) { ... on Partner { id } } }',
    { input: { companyName, contactEmail: 'office@example.com', contactPhone: '+442079460958', taxId: 'GB 123' } },
  )
  const { id } = data.registerPartner
  return {
    id,
    owner,
    manager: await hire(service, id, 'MANAGER'),
    scanner: await hire(service, id, 'SCANNER'),
    machine: await connect(service, id),
  }
}

/** Nobody can be invited yet, so a test writes the row. */
async function hire({ database }: TestService, partnerId: string, role: 'MANAGER' | 'SCANNER'): Promise<Identity> {
  const identity = aUser({ groups: ['partner'] })
  await database.pool.query(
    'insert into staff (partner_id, user_id, subject, role, since) values ($1, $2, $3, $4, now())',
    [partnerId, identity.userId, identity.subject, role],
  )
  return identity
}

async function connect({ database }: TestService, partnerId: string): Promise<Identity> {
  const identity = aMachine(partnerId, ['tikitu/events.read', 'tikitu/events.write'])
  await database.pool.query(
    "insert into api_clients (client_id, partner_id, name, created_at) values ($1, $2, 'Box office', now())",
    [identity.clientId, partnerId],
  )
  return identity
}

/** An admin verifies, rejects or suspends a partner. Returns the answer's member. */
export async function decide(service: TestService, decision: 'verify' | 'reject' | 'suspend', partnerId: string) {
  const type = `${decision[0]?.toUpperCase()}${decision.slice(1)}PartnerInput`
  const { data, errors } = await service.graph(
    anAdmin('SUPPORT'),
    `mutation ($input: ${type}!) { answer: ${decision}Partner(input: $input) { __typename ... on Partner { id status } ... on PartnerNotInState { status } ... on Refusal { message } } }`,
    { input: decision === 'verify' ? { partnerId } : { partnerId, reason: 'The papers do not match.' } },
  )
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return data.answer
}

/** What a venue needs, with whatever the test is about. */
export function venueInput(partnerId: string, facts: Record<string, unknown> = {}) {
  return {
    partnerId,
    name: 'Town Hall',
    city: 'Bath',
    country: 'GB',
    timezone: 'Europe/London',
    capacity: 500,
    ...facts,
  }
}

/** A venue of the partner. */
export async function aVenue(
  service: TestService,
  partner: TestPartner,
  facts: Record<string, unknown> = {},
): Promise<string> {
  const { data, errors } = await service.graph(
    partner.owner,
    'mutation ($input: CreateVenueInput!) { createVenue(input: $input) { __typename ... on Venue { id } } }',
    { input: venueInput(partner.id, facts) },
  )
  if (!data?.createVenue.id) throw new Error(JSON.stringify({ data, errors }))
  return data.createVenue.id
}

/** The same venue, closed to new events. */
export async function anInactiveVenue(service: TestService, partner: TestPartner): Promise<string> {
  const venueId = await aVenue(service, partner)
  await service.graph(
    partner.owner,
    'mutation ($input: UpdateVenueInput!) { updateVenue(input: $input) { __typename } }',
    {
      input: { venueId, isActive: false },
    },
  )
  return venueId
}

/** One of every kind of caller, as the partner sees them. */
export function everyCaller(
  { owner, manager, scanner, machine }: TestPartner,
  another: TestPartner,
): Record<CallerKind, Identity> {
  return {
    nobody: nobody(),
    stranger: aStranger(),
    buyer: aUser(),
    'other owner': another.owner,
    'other machine': another.machine,
    scanner,
    manager,
    owner,
    machine,
    support: anAdmin('SUPPORT'),
    finance: anAdmin('FINANCE'),
    service: aService(),
  }
}

/** The kinds of caller. */
export type CallerKind =
  | 'nobody'
  | 'stranger'
  | 'buyer'
  | 'other owner'
  | 'other machine'
  | 'scanner'
  | 'manager'
  | 'owner'
  | 'machine'
  | 'support'
  | 'finance'
  | 'service'

/** What came of a mutation: the code of the fault, or the name of the union member. */
export async function outcomeOf(
  service: TestService,
  identity: Identity,
  mutation: string,
  variables: Record<string, unknown>,
): Promise<string> {
  const { data, errors } = await service.graph(identity, mutation, variables)
  const code = errors[0]?.extensions['code']
  return typeof code === 'string' ? code : data.answer.__typename
}

/** An id of nothing. */
export const anyId = () => newId()
