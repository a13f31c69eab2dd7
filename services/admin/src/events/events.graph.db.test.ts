import type { AddressInfo } from 'node:net'
import type { Identity } from '@tikitu/runtime/identity'
import { on } from '@tikitu/runtime/events'
import {
  anAdmin,
  aUser,
  nobody,
  TEST_IDENTITY_SECRET,
  testService,
  waitFor,
  type TestService,
} from '@tikitu/runtime/testing'
import { readServiceUrls } from '@tikitu/runtime/config'
import { SettingChanged } from '@tikitu/schema/events/admin'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { anAdminOnFile } from '../../test/build.ts'
import { adminService } from '../service.ts'

/** A service like any other, that hears of settings and cannot handle them while it is broken. */
let partner: TestService
let admin: TestService
let boss: Identity
let isBroken = true

beforeAll(async () => {
  const handler = on(SettingChanged, async () => {
    if (isBroken) throw new Error('the handler has a mistake')
  })
  partner = await testService({ name: 'partner', resolvers: {}, subscriptions: [handler] })
  await partner.service.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = partner.service.app.server.address() as AddressInfo
  const serviceUrls = { ...readServiceUrls(0, {}), partner: `http://127.0.0.1:${port}` }
  admin = await testService(
    adminService({ bootstrap: null, peers: { serviceUrls, identitySecret: TEST_IDENTITY_SECRET } }),
  )
  boss = (await anAdminOnFile(admin.database)).identity
})

beforeEach(async () => {
  isBroken = true
  await partner.database.pool.query('delete from inbox; delete from outbox')
})

/** Events in the inbox: as given up, and one that waits behind each of them. */
async function deadEvents(...keys: string[]): Promise<string[]> {
  const { rows } = await partner.database.pool.query<{ id: string }>(
    `insert into inbox (id, source, type, version, key, occurred_at, position, correlation_id, data, status, attempts, last_error)
     select uuidv7(), '/tikitu/admin', 'setting.changed', 1, key, now(), '1', 'request', $2, status,
       case status when 'dead' then 12 else 0 end, case status when 'dead' then 'Error: no' end
     from unnest($1::text[]) with ordinality as wanted (key, place), unnest(array['dead', 'waiting']) as status
     order by place, status returning id, status`,
    [keys, JSON.stringify({ key: 'booking.holdMinutes', value: 7, version: 1, at: new Date().toISOString() })],
  )
  return rows.filter((_, index) => index % 2 === 0).map(({ id }) => id)
}

async function statuses(): Promise<string[]> {
  const { rows } = await partner.database.pool.query<{ status: string }>('select status from inbox order by sequence')
  return rows.map(({ status }) => status)
}

const REDRIVE = `mutation ($input: RedriveEventsInput!) { redriveEvents(input: $input) {
  __typename ... on RedrivenEvents { service eventIds } ... on DeadEventNotFound { eventId } } }`
const SKIP = `mutation ($input: SkipEventInput!) { skipEvent(input: $input) {
  __typename ... on SkippedEvent { service eventId } ... on DeadEventNotFound { eventId } } }`
const DELIVERY = `{ eventDelivery { service isAvailable dead inBroker unpublished { count oldestSeconds }
  unhandled { count oldestSeconds } failing { pipe since error } } }`
const DEAD = `query ($first: Int!, $after: String) { deadEvents(service: PARTNER, first: $first, after: $after) {
  edges { node { id service type version key source correlationId occurredAt receivedAt attempts lastError blocked } }
  pageInfo { hasNextPage endCursor } } }`

const somebody: [string, () => Identity, string][] = [
  ['a caller without a token', () => nobody(), 'UNAUTHENTICATED'],
  ['a user', () => aUser(), 'FORBIDDEN'],
]
const strangers: [string, () => Identity, string][] = [
  ...somebody,
  ['an admin for support', () => anAdmin('SUPPORT'), 'FORBIDDEN'],
  ['a SUPER_ADMIN whom only the gateway remembers', () => anAdmin('SUPER_ADMIN'), 'FORBIDDEN'],
]

describe('redriveEvents and skipEvent', () => {
  it.each(strangers)('are not for %s', async (_, identity, code) => {
    const [id] = await deadEvents('a')
    const redriven = await admin.graph(identity(), REDRIVE, { input: { service: 'PARTNER' } })
    const skipped = await admin.graph(identity(), SKIP, { input: { service: 'PARTNER', eventId: id, reason: 'no' } })
    for (const { errors } of [redriven, skipped]) expect(errors).toMatchObject([{ extensions: { code } }])
    expect(await statuses()).toEqual(['dead', 'waiting'])
  })

  it.each(['00000000-0000-7000-8000-000000000000', "'; delete from inbox; --", 'a\0b', ''])(
    'are refused for %j, which is no dead event, and then change nothing',
    async (stranger) => {
      const [id] = await deadEvents('a')
      const refusal = { __typename: 'DeadEventNotFound', eventId: stranger }
      const redriven = await admin.graph(boss, REDRIVE, { input: { service: 'PARTNER', eventIds: [id, stranger] } })
      expect(redriven.data.redriveEvents).toEqual(refusal)
      const skip = { service: 'PARTNER', eventId: stranger, reason: 'no' }
      expect((await admin.graph(boss, SKIP, { input: skip })).data.skipEvent).toEqual(refusal)
      expect(await statuses()).toEqual(['dead', 'waiting'])
      expect(await partner.published('audit.recorded')).toEqual([])
    },
  )

  it('say which input is wrong', async () => {
    for (const [query, input, field] of [
      [REDRIVE, { service: 'PARTNER', eventIds: [] }, 'input.eventIds'],
      [SKIP, { service: 'PARTNER', eventId: 'x', reason: '' }, 'input.reason'],
      [SKIP, { service: 'PARTNER', eventId: 'x', reason: 'x'.repeat(501) }, 'input.reason'],
    ] as const) {
      const { errors } = await admin.graph(boss, query, { input })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field } }])
    }
  })

  it('say so when the service does not answer', async () => {
    const { errors } = await admin.graph(boss, REDRIVE, { input: { service: 'USER' } })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
  })

  it('try dead events again in order, and the audit log knows who wanted it', async () => {
    const [first, second, third] = await deadEvents('a', 'b', 'c')
    isBroken = false
    const chosen = { service: 'PARTNER', eventIds: [third, first] }
    expect((await admin.graph(boss, REDRIVE, { input: chosen })).data.redriveEvents).toEqual({
      __typename: 'RedrivenEvents',
      service: 'PARTNER',
      eventIds: [first, third],
    })
    await waitFor('both keys', async () => (await statuses()).filter((status) => status === 'handled').length === 4)
    expect(await statuses()).toEqual(['handled', 'handled', 'dead', 'waiting', 'handled', 'handled'])

    const all = await admin.graph(boss, REDRIVE, { input: { service: 'PARTNER' } })
    expect(all.data.redriveEvents.eventIds).toEqual([second])
    await waitFor('the rest', async () => (await statuses()).every((status) => status === 'handled'))
    const none = await admin.graph(boss, REDRIVE, { input: { service: 'PARTNER' } })
    expect(none.data.redriveEvents.eventIds).toEqual([])

    expect((await partner.published('audit.recorded')).map(({ data }) => data)).toMatchObject([
      {
        actor: { id: boss.userId ?? boss.subject },
        action: 'redriveEvents',
        resource: { type: 'Inbox', id: '/tikitu/partner' },
        after: { eventIds: [first, third] },
      },
      { action: 'redriveEvents', after: { eventIds: [second] } },
    ])
  })

  it('give a dead event up, so that the next of its key goes on, once', async () => {
    const [id] = await deadEvents('a')
    isBroken = false
    const input = { service: 'PARTNER', eventId: id, reason: 'sent twice by hand' }
    const answer = await admin.graph(boss, SKIP, { input })
    expect(answer.data.skipEvent).toEqual({ __typename: 'SkippedEvent', service: 'PARTNER', eventId: id })
    await waitFor('the next', async () => (await statuses())[1] === 'handled')
    expect((await admin.graph(boss, SKIP, { input })).data.skipEvent.__typename).toBe('DeadEventNotFound')
    expect(await statuses()).toEqual(['skipped', 'handled'])
    expect((await partner.published('audit.recorded')).map(({ data }) => data)).toMatchObject([
      {
        action: 'skipEvent',
        resource: { type: 'Event', id },
        before: { status: 'dead', type: 'setting.changed', key: 'a', attempts: 12 },
        after: { status: 'skipped', reason: 'sent twice by hand' },
      },
    ])
  })
})

describe('eventDelivery and deadEvents', () => {
  it.each(somebody)('are not for %s', async (_, identity, code) => {
    for (const query of [DELIVERY, DEAD]) {
      const { errors } = await admin.graph(identity(), query, { first: 5 })
      expect(errors).toMatchObject([{ extensions: { code } }])
    }
  })

  it('tell what waits where, for how long, and who does not answer', async () => {
    await deadEvents('a')
    await partner.database.pool.query(`update inbox set received_at = now() - interval '90 seconds'`)
    // Nobody told this service the way to admin's inbox.
    await partner.database.pool.query(`insert into outbox (type, key, data) values ('audit.recorded', 'a', '{}')`)
    let byService: Record<string, { failing: unknown[] | null; unhandled: { oldestSeconds: number } }> = {}
    await waitFor('the blocked pipe', async () => {
      const { data } = await admin.graph(anAdmin('SUPPORT'), DELIVERY)
      byService = Object.fromEntries(data.eventDelivery.map((each: { service: string }) => [each.service, each]))
      return byService['PARTNER']?.failing?.length === 1
    })
    expect(Object.keys(byService)).toEqual(['ADMIN', 'PARTNER', 'PAYMENT', 'NOTIFICATION', 'BOOKING', 'USER'])
    expect(byService['PARTNER']).toMatchObject({
      isAvailable: true,
      dead: 1,
      unpublished: { count: 1 },
      // These come without a broker.
      inBroker: null,
      unhandled: { count: 1 },
      failing: [{ pipe: 'admin', error: 'RELAY_URL_ADMIN is not set' }],
    })
    expect(byService['PARTNER']?.unhandled.oldestSeconds).toBeGreaterThanOrEqual(90)
    expect(byService['USER']).toMatchObject({ isAvailable: false, dead: null, unpublished: null, failing: null })
  })

  it('list what was given up, page by page, without the facts themselves', async () => {
    const ids = await deadEvents('a', 'b', 'c')
    const first = (await admin.graph(anAdmin('FINANCE'), DEAD, { first: 2 })).data.deadEvents
    expect(first.edges[0].node).toMatchObject({
      id: ids[0],
      service: 'PARTNER',
      type: 'setting.changed',
      key: 'a',
      source: '/tikitu/admin',
      attempts: 12,
      lastError: 'Error: no',
      blocked: 1,
    })
    expect(first.pageInfo.hasNextPage).toBe(true)
    const next = (await admin.graph(boss, DEAD, { first: 2, after: first.pageInfo.endCursor })).data.deadEvents
    expect(next.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual([ids[2]])
    expect(next.pageInfo.hasNextPage).toBe(false)
  })

  it.each([{ first: 0 }, { first: 101 }, { first: 5, after: 'x' }, { first: 5, after: btoa('["-1"]') }])(
    'take no page like %j',
    async (variables) => {
      const { errors } = await admin.graph(boss, DEAD, variables)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    },
  )

  it('are asked by admins alone, at the service itself too', async () => {
    for (const path of ['/internal/events', '/internal/events/dead?limit=5']) {
      expect(await partner.get(null, path)).toMatchObject({ status: 401 })
      expect(await partner.get(aUser(), path)).toMatchObject({ status: 403 })
    }
  })
})
