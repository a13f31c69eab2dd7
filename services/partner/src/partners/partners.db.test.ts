import { beforeAll, describe, expect, it } from 'vitest'
import { aUser, type TestService } from '@tikitu/runtime/testing'
import {
  aPartner,
  anyId,
  decide,
  everyCaller,
  outcomeOf,
  partnerService,
  type CallerKind,
  type TestPartner,
} from '../../test/build.ts'

let service: TestService
beforeAll(async () => {
  service = await partnerService()
})

const REGISTER = `mutation ($input: RegisterPartnerInput!) {
  answer: registerPartner(input: $input) {
    __typename
    ... on Partner { id companyName status contactEmail contactPhone taxId statusReason owner { id } staff { role user { id } since } commissionTerms { basisPoints } createdAt }
    ... on PartnerExists { partnerId message }
  }
}`
const UPDATE = `mutation ($input: UpdatePartnerInput!) {
  answer: updatePartner(input: $input) {
    __typename
    ... on Partner { companyName contactEmail contactPhone taxId }
    ... on PartnerExists { partnerId }
    ... on PartnerNotFound { partnerId }
  }
}`
const VERIFY = `mutation ($input: VerifyPartnerInput!) {
  answer: verifyPartner(input: $input) {
    __typename
    ... on Partner { status commissionTerms { basisPoints fixedPerTicket effectiveFrom } }
    ... on PartnerNotFound { partnerId }
    ... on PartnerNotInState { status }
  }
}`
const REJECT = 'mutation ($input: RejectPartnerInput!) { answer: rejectPartner(input: $input) { __typename } }'
const SUSPEND = 'mutation ($input: SuspendPartnerInput!) { answer: suspendPartner(input: $input) { __typename } }'

const input = (facts: object = {}) => ({
  companyName: `Odeon ${anyId()}`,
  contactEmail: 'office@odeon.example',
  ...facts,
})

describe('who may do what to a partner', () => {
  let partner: TestPartner
  let callers: Record<CallerKind, ReturnType<typeof aUser>>
  beforeAll(async () => {
    partner = await aPartner(service)
    callers = everyCaller(partner, await aPartner(service))
  })

  it.each<[CallerKind, string]>([
    ['nobody', 'UNAUTHENTICATED'],
    ['stranger', 'FORBIDDEN'],
    ['machine', 'FORBIDDEN'],
    ['service', 'FORBIDDEN'],
    ['buyer', 'Partner'],
    ['support', 'Partner'],
  ])('register: %s gets %s', async (kind, expected) => {
    expect(await outcomeOf(service, callers[kind], REGISTER, { input: input() })).toBe(expected)
  })

  it.each<[CallerKind, string]>([
    ['nobody', 'UNAUTHENTICATED'],
    ['stranger', 'FORBIDDEN'],
    ['buyer', 'PartnerNotFound'],
    ['other owner', 'PartnerNotFound'],
    ['other machine', 'FORBIDDEN'],
    ['scanner', 'FORBIDDEN'],
    ['machine', 'FORBIDDEN'],
    ['support', 'FORBIDDEN'],
    ['service', 'FORBIDDEN'],
    ['manager', 'Partner'],
    ['owner', 'Partner'],
  ])('update: %s gets %s', async (kind, expected) => {
    const change = { input: { partnerId: partner.id, taxId: 'GB 999' } }
    expect(await outcomeOf(service, callers[kind], UPDATE, change)).toBe(expected)
  })

  it.each<[CallerKind, string]>([
    ['nobody', 'UNAUTHENTICATED'],
    ['stranger', 'FORBIDDEN'],
    ['buyer', 'FORBIDDEN'],
    ['owner', 'FORBIDDEN'],
    ['manager', 'FORBIDDEN'],
    ['machine', 'FORBIDDEN'],
    ['service', 'FORBIDDEN'],
    ['finance', 'FORBIDDEN'],
    ['support', 'PartnerNotFound'],
  ])('verify, reject, suspend: %s gets %s', async (kind, expected) => {
    const partnerId = anyId()
    const against = { input: { partnerId, reason: 'No.' } }
    expect(await outcomeOf(service, callers[kind], VERIFY, { input: { partnerId } })).toBe(expected)
    expect(await outcomeOf(service, callers[kind], REJECT, against)).toBe(expected)
    expect(await outcomeOf(service, callers[kind], SUSPEND, against)).toBe(expected)
  })

  it('asks again later when the caller could not be looked up', async () => {
    const unknown = aUser({ userId: null, incomplete: true })
    expect(await outcomeOf(service, unknown, REGISTER, { input: input() })).toBe('UNAVAILABLE')
  })
})

describe('registering', () => {
  it('is refused for a name the caller has given already, in any case and with spaces around it', async () => {
    const owner = aUser()
    const first = await service.graph(owner, REGISTER, { input: input({ companyName: 'Łódź Arena' }) })
    const second = await service.graph(owner, REGISTER, { input: input({ companyName: '  łódź arena ' }) })
    expect(second.data.answer).toMatchObject({ __typename: 'PartnerExists', partnerId: first.data.answer.id })
    const { rows } = await service.database.pool.query('select 1 from partners where owner_id = $1', [owner.userId])
    expect(rows).toHaveLength(1)
  })

  it('of one name by forty hands at once makes one partner', async () => {
    const owner = aUser()
    const variables = { input: input({ companyName: 'Rush' }) }
    const answers = await Promise.all(Array.from({ length: 40 }, () => service.graph(owner, REGISTER, variables)))
    const names = answers.map(({ data }): string => data.answer.__typename)
    expect(names.toSorted()).toEqual(['Partner', ...Array.from({ length: 39 }, () => 'PartnerExists')])
    const staffed = await service.database.pool.query('select 1 from staff where user_id = $1', [owner.userId])
    expect(staffed.rows).toHaveLength(1)
  })

  it('of a name that another owner has, or that was rejected, is fine', async () => {
    const owner = aUser()
    const companyName = `Second chance ${anyId()}`
    const first = await service.graph(owner, REGISTER, { input: input({ companyName }) })
    expect(await outcomeOf(service, aUser(), REGISTER, { input: input({ companyName }) })).toBe('Partner')
    await decide(service, 'reject', first.data.answer.id)
    expect(await outcomeOf(service, owner, REGISTER, { input: input({ companyName }) })).toBe('Partner')
  })

  it('makes the caller its owner, who sees everything at once, and tells the others', async () => {
    const owner = aUser()
    const { data } = await service.graph(owner, REGISTER, {
      input: input({ companyName: 'Roxy', contactPhone: '+33142685300' }),
    })
    const partner = data.answer
    expect(partner).toMatchObject({
      __typename: 'Partner',
      companyName: 'Roxy',
      status: 'PENDING',
      contactEmail: 'office@odeon.example',
      contactPhone: '+33142685300',
      taxId: null,
      statusReason: null,
      owner: { id: owner.userId },
      staff: [{ role: 'OWNER', user: { id: owner.userId }, since: partner.createdAt }],
      commissionTerms: [],
    })
    const events = await service.published('partner.registered')
    expect(events.at(-1)?.data).toEqual({
      partnerId: partner.id,
      ownerId: owner.userId,
      companyName: 'Roxy',
      at: partner.createdAt,
    })
  })

  it.each([
    ['companyName', { companyName: ' ' }],
    ['companyName', { companyName: 'x'.repeat(201) }],
    ['companyName', { companyName: 'a\u0000b' }],
    ['companyName', { companyName: 'half a pair \ud83c' }],
    ['contactEmail', { contactEmail: 'nobody' }],
    ['contactEmail', { contactEmail: `${'x'.repeat(250)}@example.com` }],
    ['contactPhone', { contactPhone: '020 7946 0958' }],
    ['taxId', { taxId: 'x'.repeat(51) }],
  ])('names the bad %s', async (field, facts) => {
    const { errors } = await service.graph(aUser(), REGISTER, { input: input(facts) })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` })
  })

  it('keeps SQL as it was written', async () => {
    const words = `Robert'); drop table partners; -- ${anyId()}`
    const { data } = await service.graph(aUser(), REGISTER, {
      input: input({ companyName: words, taxId: "' or 1=1 --" }),
    })
    expect(data.answer).toMatchObject({ companyName: words, taxId: "' or 1=1 --" })
  })
})

describe('updating', () => {
  it('changes what is said, clears what is null, and leaves the rest', async () => {
    const partner = await aPartner(service, 'Before')
    const changes = { partnerId: partner.id, companyName: 'After', contactPhone: null }
    const { data } = await service.graph(partner.manager, UPDATE, { input: changes })
    expect(data.answer).toEqual({
      __typename: 'Partner',
      companyName: 'After',
      contactEmail: 'office@example.com',
      contactPhone: null,
      taxId: 'GB 123',
    })
    const nothing = await service.graph(partner.owner, UPDATE, { input: { partnerId: partner.id } })
    expect(nothing.data.answer).toEqual(data.answer)
  })

  it('is refused for the name of another partner of the same owner', async () => {
    const owner = aUser()
    const [first, second] = await Promise.all(
      ['One', 'Two'].map((companyName) => service.graph(owner, REGISTER, { input: input({ companyName }) })),
    )
    const { data } = await service.graph(owner, UPDATE, {
      input: { partnerId: second?.data.answer.id, companyName: 'ONE', taxId: 'changed' },
    })
    expect(data.answer).toEqual({ __typename: 'PartnerExists', partnerId: first?.data.answer.id })
    const { rows } = await service.database.pool.query('select company_name, tax_id from partners where id = $1', [
      second?.data.answer.id,
    ])
    expect(rows).toEqual([{ company_name: 'Two', tax_id: null }])
  })

  it.each([
    ['companyName', { companyName: null }],
    ['contactEmail', { contactEmail: null }],
  ])('cannot clear the %s', async (field, facts) => {
    const { owner, id } = await aPartner(service)
    const { errors } = await service.graph(owner, UPDATE, { input: { partnerId: id, ...facts } })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` })
  })

  it.each(['', 'x', '1; drop table partners', anyId()])('finds no partner %j', async (partnerId) => {
    const { data } = await service.graph(aUser(), UPDATE, { input: { partnerId } })
    expect(data.answer).toEqual({ __typename: 'PartnerNotFound', partnerId })
  })
})
