import { waitFor } from '@tikitu/runtime/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type RunningGateway, type TestGateway } from '../gateway.ts'
import { changeBooking, ids } from '../world.ts'
import { followByEvents, followBySocket, socketClient, type Following } from './clients.ts'

let gateway: TestGateway
/** Waits less long for a service to come back. */
let hasty: RunningGateway
let ada: string
let bob: string
beforeAll(async () => {
  gateway = await startTestGateway({ LIVE_KEEP_ALIVE_MILLISECONDS: '500' })
  const liveLimits = { ...gateway.config.liveLimits, resumeMilliseconds: 200 }
  hasty = await gateway.startAnother({ ...gateway.config, liveLimits })
  ada = await gateway.pool.accessToken({ sub: 'sub-ada' })
  bob = await gateway.pool.accessToken({ sub: 'sub-bob' })
})
afterAll(() => gateway.close())
beforeEach(() => {
  changeBooking(ids.booking(1), 'PENDING')
  changeBooking(ids.booking(2), 'PENDING')
  gateway.subgraphs.forget()
})

const allGone = () => waitFor('the subgraph to see that all have left', () => gateway.subgraphs.streams() === 0)

const updated = (number: number, status: string) => ({
  data: { bookingUpdated: { id: ids.booking(number), status, payment: { status: 'SUCCEEDED' } } },
})

const ways: Record<string, (id: string, token?: string, query?: string) => Following> = {
  'a WebSocket': (id, token, query) => {
    const client = socketClient(gateway.url, token)
    const following = followBySocket(client, id, query)
    return { ...following, leave: () => void client.dispose() }
  },
  'an event stream': (id, token, query) => followByEvents(gateway.url, id, token, query),
}

const SEATS = `subscription ($id: ID!) { seatsChanged(eventId: $id, version: 7) { __typename
  ... on SeatChanges { fromVersion version sections { name held } } ... on SeatMapOutdated { version } } }`

describe.each(Object.keys(ways))('by %s', (way) => {
  const follow = (id: string, token?: string, query?: string) => {
    const start = ways[way]
    if (!start) throw new Error('no such way')
    return start(id, token, query)
  }

  it('the present state comes first, then every change, with the parts of other services', async () => {
    const mine = follow(ids.booking(1), ada)
    expect(await mine.answer(0)).toEqual(updated(1, 'PENDING'))
    changeBooking(ids.booking(1), 'CONFIRMED')
    expect(await mine.answer(1)).toEqual(updated(1, 'CONFIRMED'))
    changeBooking(ids.booking(1), 'CANCELLED')
    expect(await mine.answer(2)).toEqual(updated(1, 'CANCELLED'))
    mine.leave()
    await allGone()
  })

  it('of several who ask the same for the same booking, only its buyer sees anything', async () => {
    const followers = [ada, bob, undefined, ada, bob, undefined].map((token) => follow(ids.booking(1), token))
    const [mine, theirs, nobodys, mineToo] = followers
    await Promise.all([mine?.answer(0), mineToo?.answer(0), theirs?.over, nobodys?.over])
    changeBooking(ids.booking(1), 'CONFIRMED')
    await Promise.all([mine?.answer(1), mineToo?.answer(1)])
    for (const [index, { answers }] of followers.entries()) {
      const isBuyer = index % 3 === 0
      if (isBuyer) expect(answers).toEqual([updated(1, 'PENDING'), updated(1, 'CONFIRMED')])
      else expect(answers).toMatchObject([{ data: null, errors: [{ extensions: { code: 'NOT_FOUND' } }] }])
    }
    mine?.leave()
    mineToo?.leave()
    await allGone()
  })

  it('everybody hears of their own booking alone, and each subgraph call is in the name of who hears', async () => {
    const [mine, theirs] = [follow(ids.booking(1), ada), follow(ids.booking(2), bob)]
    await Promise.all([mine.answer(0), theirs.answer(0)])
    for (let round = 1; round <= 10; round++) {
      changeBooking(ids.booking(1), 'CONFIRMED')
      changeBooking(ids.booking(2), 'CANCELLED')
      await Promise.all([mine.answer(round), theirs.answer(round)])
    }
    expect(new Set(mine.answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([updated(1, 'PENDING'), updated(1, 'CONFIRMED')].map((answer) => JSON.stringify(answer))),
    )
    expect(new Set(theirs.answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([updated(2, 'PENDING'), updated(2, 'CANCELLED')].map((answer) => JSON.stringify(answer))),
    )
    for (const { identity, body } of gateway.subgraphs.calls.filter(({ path }) => path.startsWith('/graphql'))) {
      const asksFor = JSON.stringify(body)
      const number = asksFor.includes(ids.booking(1)) ? 1 : 2
      expect(asksFor).toContain(ids.booking(number))
      expect(identity.userId).toBe(ids.user(number))
    }
    mine.leave()
    theirs.leave()
    await allGone()
  })

  it('changes of several kinds come as their own, and a stream that the service ends is over', async () => {
    const seats = follow(ids.event(1), undefined, SEATS)
    const sections = [{ name: 'A', held: [1] }]
    expect(await seats.answer(0)).toEqual({
      data: { seatsChanged: { __typename: 'SeatChanges', fromVersion: 7, version: 8, sections } },
    })
    expect(await seats.answer(1)).toEqual({ data: { seatsChanged: { __typename: 'SeatMapOutdated', version: 507 } } })
    expect(await seats.over).toBeUndefined()
  })

  it('what is wrong with the operation is told at once', async () => {
    const wrong = follow('no booking has this id', ada)
    expect(await wrong.answer(0)).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    expect(await wrong.over).toBeUndefined()
  })

  it('a payment that cannot be asked for now costs its part of the answer', async () => {
    await gateway.subgraphs.stop('payment')
    const mine = follow(ids.booking(1), ada)
    expect(await mine.answer(0)).toMatchObject({
      data: { bookingUpdated: { id: ids.booking(1), status: 'PENDING', payment: null } },
      errors: [{ path: ['bookingUpdated', 'payment'], extensions: { code: 'UNAVAILABLE' } }],
    })
    await gateway.subgraphs.start('payment')
    mine.leave()
    await allGone()
  })

  it('a service that is started again is asked again, and its followers see the present state', async () => {
    const mine = follow(ids.booking(1), ada)
    expect(await mine.answer(0)).toEqual(updated(1, 'PENDING'))
    await gateway.subgraphs.stop('booking')
    changeBooking(ids.booking(1), 'CONFIRMED')
    await gateway.subgraphs.start('booking')
    expect(await mine.answer(1)).toEqual(updated(1, 'CONFIRMED'))
    mine.leave()
    await allGone()
  })

  it('a service that does not come back in time is told, and that was all', async () => {
    const id = ids.booking(1)
    const mine =
      way === 'a WebSocket' ? followBySocket(socketClient(hasty.url, ada), id) : followByEvents(hasty.url, id, ada)
    expect(await mine.answer(0)).toEqual(updated(1, 'PENDING'))
    await gateway.subgraphs.stop('booking')
    expect(await mine.answer(1)).toMatchObject({ data: null, errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
    expect(await mine.over).toBeUndefined()
    await gateway.subgraphs.start('booking')
  })

  it('a service that is down when it is asked is told, and that was all', async () => {
    await gateway.subgraphs.stop('booking')
    const mine = follow(ids.booking(1), ada)
    expect(await mine.answer(0)).toMatchObject({ data: null, errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
    expect(await mine.over).toBeUndefined()
    await gateway.subgraphs.start('booking')
  })
})
