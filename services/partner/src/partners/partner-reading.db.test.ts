import { beforeAll, describe, expect, it } from 'vitest'
import { anAdmin, aService, aStranger, aUser, nobody, type TestService } from '@tikitu/runtime/testing'
import {
  aPartner,
  aPendingPartner,
  anyId,
  decide,
  everyCaller,
  partnerService,
  type CallerKind,
  type TestPartner,
} from '../../test/build.ts'

let service: TestService
beforeAll(async () => {
  service = await partnerService()
})

const PARTNER = `query ($id: ID!) {
  partner(id: $id) {
    id companyName status createdAt
    contactEmail contactPhone taxId statusReason owner { id } staff { role } commissionTerms { basisPoints }
  }
}`
const ENTITY = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Partner { id companyName contactEmail } }
}`

/** What callers see of a partner: nothing, its public side, or everything. */
type Sight = 'nothing' | 'public' | 'all'

async function sightOf(identity: ReturnType<typeof aUser>, id: string): Promise<Sight> {
  const { data, errors } = await service.graph(identity, PARTNER, { id })
  expect(errors).toEqual([])
  const entity = await service.graph(identity, ENTITY, { representations: [{ __typename: 'Partner', id }] })
  expect(entity.data._entities[0]?.companyName ?? null).toBe(data.partner?.companyName ?? null)
  expect(entity.data._entities[0]?.contactEmail ?? null).toBe(data.partner?.contactEmail ?? null)
  if (data.partner === null) return 'nothing'
  const {
    id: _id,
    companyName: _name,
    status: _status,
    createdAt: _since,
    statusReason: _reason,
    ...details
  } = data.partner
  const seen = Object.values(details).filter((value) => value !== null).length
  expect([0, Object.keys(details).length]).toContain(seen)
  return seen === 0 ? 'public' : 'all'
}

describe('who sees a partner, asked for or met as an entity', () => {
  const everybody: Record<CallerKind, [pending: Sight, verified: Sight, rejected: Sight, suspended: Sight]> = {
    nobody: ['nothing', 'public', 'nothing', 'nothing'],
    stranger: ['nothing', 'public', 'nothing', 'nothing'],
    buyer: ['nothing', 'public', 'nothing', 'nothing'],
    'other owner': ['nothing', 'public', 'nothing', 'nothing'],
    'other machine': ['nothing', 'public', 'nothing', 'nothing'],
    service: ['nothing', 'public', 'nothing', 'nothing'],
    machine: ['public', 'public', 'public', 'public'],
    scanner: ['all', 'all', 'all', 'all'],
    manager: ['all', 'all', 'all', 'all'],
    owner: ['all', 'all', 'all', 'all'],
    support: ['all', 'all', 'all', 'all'],
    finance: ['all', 'all', 'all', 'all'],
  }
  let partners: TestPartner[]
  let another: TestPartner
  beforeAll(async () => {
    another = await aPartner(service)
    partners = [
      await aPendingPartner(service),
      await aPartner(service),
      await aPendingPartner(service),
      await aPartner(service),
    ]
    await decide(service, 'reject', partners[2]!.id)
    await decide(service, 'suspend', partners[3]!.id)
  })

  it.each(Object.entries(everybody) as [CallerKind, Sight[]][])(
    '%s sees of a pending, a verified, a rejected and a suspended one: %j',
    async (kind, expected) => {
      const seen: Sight[] = []
      for (const partner of partners) seen.push(await sightOf(everyCaller(partner, another)[kind], partner.id))
      expect(seen).toEqual(expected)
    },
  )

  it('tells its own people why it was rejected', async () => {
    const { data } = await service.graph(partners[2]!.owner, PARTNER, { id: partners[2]!.id })
    expect(data.partner.statusReason).toBe('The papers do not match.')
  })

  it('does not believe what an identity says about partners: only its own rows', async () => {
    const pretender = aUser({ partners: [{ partnerId: partners[0]!.id, role: 'OWNER' }] })
    expect(await sightOf(pretender, partners[0]!.id)).toBe('nothing')
  })

  it.each(['', 'x', "' or 1=1", 'a\u0000', anyId()])('finds no partner %j', async (id) => {
    expect(await sightOf(anAdmin(), id)).toBe('nothing')
  })
})

describe('the partners of the caller', () => {
  const MINE = '{ myPartners { id status } }'

  it('are refused to nobody and strangers', async () => {
    const answers = await Promise.all(
      [nobody(), aStranger(), aService()].map((identity) => service.graph(identity, MINE)),
    )
    expect(answers.map(({ errors }) => errors[0]?.extensions['code'])).toEqual([
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'FORBIDDEN',
    ])
  })

  it('are those whose people the caller belongs to, rejected ones too', async () => {
    const partner = await aPendingPartner(service)
    await decide(service, 'reject', partner.id)
    for (const identity of [partner.owner, partner.scanner, partner.machine]) {
      const { data } = await service.graph(identity, MINE)
      expect(data.myPartners).toEqual([{ id: partner.id, status: 'REJECTED' }])
    }
    expect((await service.graph(aUser(), MINE)).data.myPartners).toEqual([])
  })
})

describe('the list of partners', () => {
  const LIST = `query ($filter: PartnerFilter, $first: Int!, $after: String) {
    partners(filter: $filter, first: $first, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } }
  }`
  const idsOf = (connection: { edges: { node: { id: string } }[] }) => connection.edges.map(({ node }) => node.id)

  it('is for admins only', async () => {
    const { owner } = await aPartner(service)
    for (const [identity, code] of [
      [nobody(), 'UNAUTHENTICATED'],
      [aUser(), 'FORBIDDEN'],
      [owner, 'FORBIDDEN'],
    ] as const) {
      const { errors } = await service.graph(identity, LIST, { first: 1 })
      expect(errors[0]?.extensions['code']).toBe(code)
    }
  })

  it('walks from the newest to the oldest without a gap or a repetition', async () => {
    const tag = `Walk ${anyId()}`
    const made: string[] = []
    for (const number of [1, 2, 3, 4, 5]) made.push((await aPendingPartner(service, `${tag} ${number}`)).id)
    const seen: string[] = []
    let after: string | null = null
    do {
      const { data } = await service.graph(anAdmin('FINANCE'), LIST, {
        filter: { text: tag.toUpperCase() },
        first: 2,
        after,
      })
      seen.push(...idsOf(data.partners))
      after = data.partners.pageInfo.hasNextPage ? data.partners.pageInfo.endCursor : null
    } while (after !== null)
    expect(seen).toEqual(made.toReversed())
  })

  it('is narrowed by status and by part of the name, in which % means itself', async () => {
    const tag = anyId()
    const pending = await aPendingPartner(service, `${tag} 100% live_`)
    const verified = await aPartner(service, `${tag} 100 percent`)
    const search = async (filter: object) =>
      idsOf((await service.graph(anAdmin(), LIST, { filter, first: 10 })).data.partners)
    expect(await search({ text: tag })).toEqual([verified.id, pending.id])
    expect(await search({ text: `${tag} 100%` })).toEqual([pending.id])
    expect(await search({ text: 'live_' })).toEqual([pending.id])
    expect(await search({ text: `${tag}\\` })).toEqual([])
    expect(await search({ text: tag, status: 'VERIFIED' })).toEqual([verified.id])
  })

  it.each([
    ['first', { first: 0 }],
    ['first', { first: 101 }],
    ['after', { first: 1, after: 'nonsense' }],
    ['after', { first: 1, after: Buffer.from('["x"]').toString('base64url') }],
    ['filter.text', { first: 1, filter: { text: 'a\u0000' } }],
    ['filter.text', { first: 1, filter: { text: 'x'.repeat(201) } }],
  ])('refuses a bad %s', async (field, variables) => {
    const { errors } = await service.graph(anAdmin(), LIST, variables)
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field })
  })
})

describe('one request', () => {
  it('sees what its own mutations did', async () => {
    const owner = aUser()
    const { data } = await service.graph(
      owner,
      `mutation ($first: RegisterPartnerInput!, $second: RegisterPartnerInput!) {
        first: registerPartner(input: $first) { ... on Partner { contactEmail } }
        second: registerPartner(input: $second) { ... on Partner { contactEmail } }
      }`,
      {
        first: { companyName: 'First', contactEmail: 'first@example.com' },
        second: { companyName: 'Second', contactEmail: 'second@example.com' },
      },
    )
    expect(data).toEqual({
      first: { contactEmail: 'first@example.com' },
      second: { contactEmail: 'second@example.com' },
    })
  })
})
