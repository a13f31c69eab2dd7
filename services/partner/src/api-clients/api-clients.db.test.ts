import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { anAdmin, aService, type TestService } from '@tikitu/runtime/testing'
import {
  aPartner,
  anyId,
  everyCaller,
  outcomeOf,
  partnerService,
  type CallerKind,
  type TestPartner,
} from '../../test/build.ts'

let service: TestService
let partner: TestPartner
let other: TestPartner
beforeAll(async () => {
  service = await partnerService()
  partner = await aPartner(service)
  other = await aPartner(service)
})

const ADD = `mutation ($input: AddApiClientInput!) {
  answer: addApiClient(input: $input) {
    __typename
    ... on ApiClient { clientId name partner { id } createdAt }
    ... on PartnerNotFound { partnerId }
    ... on ApiClientTaken { clientId }
  }
}`
const aClientId = () => randomUUID().replaceAll('-', '')
const input = (facts: object = {}) => ({ partnerId: partner.id, clientId: aClientId(), name: 'Box office', ...facts })

describe('letting an app client act for a partner', () => {
  it.each<[CallerKind, string]>([
    ['nobody', 'UNAUTHENTICATED'],
    ['stranger', 'FORBIDDEN'],
    ['buyer', 'FORBIDDEN'],
    ['owner', 'FORBIDDEN'],
    ['machine', 'FORBIDDEN'],
    ['service', 'FORBIDDEN'],
    ['finance', 'FORBIDDEN'],
    ['support', 'ApiClient'],
  ])('%s gets %s', async (kind, expected) => {
    expect(await outcomeOf(service, everyCaller(partner, other)[kind], ADD, { input: input() })).toBe(expected)
  })

  it.each([
    ['clientId', { clientId: '' }],
    ['clientId', { clientId: "x'; drop table api_clients" }],
    ['clientId', { clientId: 'x'.repeat(129) }],
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(101) }],
    ['name', { name: 'a\u0000' }],
  ])('names the bad %s', async (field, facts) => {
    const { errors } = await service.graph(anAdmin(), ADD, { input: input(facts) })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` })
  })

  it.each(['x', anyId()])('there is no partner %j', async (partnerId) => {
    const { data } = await service.graph(anAdmin(), ADD, { input: input({ partnerId }) })
    expect(data.answer).toEqual({ __typename: 'PartnerNotFound', partnerId })
  })

  it('works once: a client stays with its partner', async () => {
    const clientId = aClientId()
    const answers = await Promise.all(
      [partner, other].flatMap(({ id }) =>
        Array.from({ length: 20 }, () =>
          outcomeOf(service, anAdmin(), ADD, { input: input({ partnerId: id, clientId }) }),
        ),
      ),
    )
    expect(answers.toSorted()).toEqual(['ApiClient', ...Array.from({ length: 39 }, () => 'ApiClientTaken')])
  })

  it('makes it the machine of the partner, and is written to the audit log', async () => {
    const admin = anAdmin('SUPPORT')
    const clientId = aClientId()
    const { data } = await service.graph(admin, ADD, { input: input({ clientId, name: "Owner's; --" }) })
    expect(data.answer).toEqual({
      __typename: 'ApiClient',
      clientId,
      name: "Owner's; --",
      partner: { id: partner.id },
      createdAt: expect.any(String),
    })
    const { body } = await service.get(aService(), `/internal/principal?subject=${clientId}`)
    expect(body).toEqual({ partners: [{ partnerId: partner.id, role: 'MACHINE' }] })
    expect((await service.published('audit.recorded')).at(-1)?.data).toMatchObject({
      actor: { kind: 'USER', id: admin.userId },
      action: 'addApiClient',
      resource: { type: 'Partner', id: partner.id },
      before: null,
      after: { clientId, name: "Owner's; --" },
    })
  })
})
