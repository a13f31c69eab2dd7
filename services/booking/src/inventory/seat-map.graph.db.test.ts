import { newId } from '@tikitu/runtime/ids'
import { aUser, nobody, testService, waitFor, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { aHold, anEvent, runOut, TICKET_KEY_SECRET, type TestEvent } from '../../test/build.ts'
import { applyChanges, readSeatMap, type ClientMap, type SeatMapAnswer } from '../../test/seat-map-client.ts'
import { releaseHold } from '../holds/holds.ts'
import { defineBooking } from '../service.ts'
import { attendedMaps } from './following-seats.ts'
import { SEAT_STATES } from './seat-states.rules.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const MAP = `query ($id: ID!) { seatMap(eventId: $id) { version layoutId readAt sections { name seats available states } } }`
const FOLLOW = `subscription ($id: ID!, $version: Int!) { seatsChanged(eventId: $id, version: $version) { __typename
  ... on SeatChanges { fromVersion version sections { name available held sold blocked } }
  ... on SeatMapOutdated { version } } }`

const follow = (eventId: string, version: number) => booking.subscribe(nobody(), FOLLOW, { id: eventId, version })

/** The map as a client reads it, once the seats have been read later than this was asked. */
async function mapOf(eventId: string): Promise<ClientMap> {
  const { rows } = await booking.database.pool.query<{ now: Date }>('select clock_timestamp() as now')
  let answer: (SeatMapAnswer & { readonly readAt: string }) | undefined
  await waitFor('the map to be read anew', async () => {
    answer = (await booking.graph(nobody(), MAP, { id: eventId })).data.seatMap
    return answer !== undefined && new Date(answer.readAt) >= (rows[0]?.now ?? new Date())
  })
  if (!answer) throw new Error('there is no map')
  return readSeatMap(answer)
}

/** What the object form says, by section. */
async function seatsInWords(eventId: string): Promise<Map<string, number[]>> {
  const { data } = await booking.graph(nobody(), `query ($id: ID!) { event(id: $id) { seats { section status } } }`, {
    id: eventId,
  })
  const seats: { section: string; status: (typeof SEAT_STATES)[number] }[] = data.event.seats
  const bySection = Map.groupBy(seats, ({ section }) => section)
  return new Map([...bySection].map(([name, all]) => [name, all.map(({ status }) => SEAT_STATES.indexOf(status))]))
}

const sell = (event: TestEvent, seatNos: readonly number[]) =>
  booking.database.pool.query(
    `update event_seats set expires_at = 'infinity' where event_id = $1 and seat_no = any($2)`,
    [event.id, seatNos],
  )

describe('a compact map', () => {
  test('is null where there is none: for a draft, without seats, and for what is no event', async () => {
    const draft = await anEvent(booking.database, { status: 'DRAFT' })
    const standing = await anEvent(booking.database, { rows: [] })
    for (const id of [draft.id, standing.id, newId(), 'nonsense', "'; drop table seat_maps; --"]) {
      expect((await booking.graph(aUser(), MAP, { id })).data).toEqual({ seatMap: null })
      const updates = await follow(id, 1)
      expect(await updates.next()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    }
  })

  test('says in two bits what the seats say in words', async () => {
    const rows = [{ width: 7 }, { width: 6, section: 'B' }, { width: 3, section: 'B', category: 'BALCONY' }]
    const event = await anEvent(booking.database, { rows })
    await aHold(booking.database, { event, seatIds: ['A-1-2', 'B-1-6'] })
    await sell(event, [0, 6])
    const map = await mapOf(event.id)
    expect(map.sections).toEqual(
      new Map([
        ['A', [2, 1, 0, 0, 0, 0, 2]],
        ['B', [0, 0, 0, 0, 0, 1, 3, 3, 3]],
      ]),
    )
    expect(map.sections).toEqual(await seatsInWords(event.id))
  })

  test('of one section is that section alone', async () => {
    const event = await anEvent(booking.database, { rows: [{ width: 3 }, { width: 5, section: 'B' }] })
    const query = `query ($id: ID!, $name: String) { seatMap(eventId: $id) { sections(name: $name) { name seats } } }`
    const sections = async (name: string | null) =>
      (await booking.graph(nobody(), query, { id: event.id, name })).data.seatMap.sections
    expect(await sections('B')).toEqual([{ name: 'B', seats: 5 }])
    for (const name of ['C', '', '\u0000']) expect(await sections(name)).toEqual([])
    expect(await sections(null)).toHaveLength(2)
  })

  test('belongs to a layout that says what the places are', async () => {
    const event = await anEvent(booking.database, { rows: [{ width: 3, accessible: [2] }, { width: 2 }] })
    const query = `query ($id: ID!) { event(id: $id) { seatMap { layoutId sections { available } }
      seatLayout { id categories sections { name rows { name seatIds numbers categories accessible } } } } }`
    const { data } = await booking.graph(nobody(), query, { id: event.id })
    expect(data.event.seatMap).toEqual({ layoutId: event.seatingPlanId, sections: [{ available: 5 }] })
    expect(data.event.seatLayout).toMatchObject({
      id: event.seatingPlanId,
      categories: ['STALLS'],
      sections: [{ rows: [{ seatIds: ['A-1-1', 'A-1-2', 'A-1-3'], accessible: [1] }, { numbers: ['1', '2'] }] }],
    })
  })

  test('shows an allotment of the partner as not for sale, and whoever sells it sees it', async () => {
    const rows = [{ width: 2 }, { width: 2, category: 'BOX' }]
    const facts = { rows, prices: { STALLS: 5000, BOX: 9000 }, typeFacts: { BOX: { channel: 'PARTNER' as const } } }
    const event = await anEvent(booking.database, facts)
    const query = `query ($id: ID!) { event(id: $id) { sections { available } ticketTypes { name channel available }
      seats { status } partners: seats(channel: PARTNER) { status } } }`
    const statuses = (...all: string[]) => all.map((status) => ({ status }))
    expect((await booking.graph(nobody(), query, { id: event.id })).data.event).toEqual({
      sections: [{ available: 2 }],
      ticketTypes: [
        { name: 'BOX', channel: 'PARTNER', available: 2 },
        { name: 'STALLS', channel: 'PUBLIC', available: 2 },
        { name: 'Standing', channel: 'PUBLIC', available: 20 },
      ],
      seats: statuses('AVAILABLE', 'AVAILABLE', 'BLOCKED', 'BLOCKED'),
      partners: statuses('BLOCKED', 'BLOCKED', 'AVAILABLE', 'AVAILABLE'),
    })
    expect((await mapOf(event.id)).sections).toEqual(new Map([['A', [0, 0, 3, 3]]]))
  })

  test('counts up when something has changed, and only then', async () => {
    const event = await anEvent(booking.database)
    expect((await mapOf(event.id)).version).toBe(1)
    expect((await mapOf(event.id)).version).toBe(1)
    const hold = await aHold(booking.database, { event })
    expect((await mapOf(event.id)).version).toBe(2)
    await releaseHold(booking.database, { holdId: hold.id, userId: hold.userId })
    expect((await mapOf(event.id)).version).toBe(3)
  })
})

describe('whoever follows a map', () => {
  test('is told of holds, releases, sales and holds that ran out, and has the map', async () => {
    const event = await anEvent(booking.database, { rows: [{ width: 5 }, { width: 4, section: 'B' }] })
    const map = await mapOf(event.id)
    const updates = await follow(event.id, map.version)
    const next = async () => {
      const update = await updates.next()
      if (update === 'complete') throw new Error('the stream has ended')
      // oxlint-disable-next-line typescript/no-explicit-any -- what came is what the test is about
      const change = (update.data as any).seatsChanged
      expect(applyChanges(map, change)).toBe(true)
      return change.sections
    }
    const hold = await aHold(booking.database, { event, seatIds: ['A-1-2', 'B-1-1'] })
    expect(await next()).toEqual([
      { name: 'A', available: [], held: [1], sold: [], blocked: [] },
      { name: 'B', available: [], held: [0], sold: [], blocked: [] },
    ])
    await releaseHold(booking.database, { holdId: hold.id, userId: hold.userId })
    expect(await next()).toMatchObject([{ available: [1] }, { available: [0] }])
    await sell(event, [8])
    expect(await next()).toMatchObject([{ name: 'B', sold: [3] }])

    const { id } = await aHold(booking.database, { event, seatIds: ['A-1-5'] })
    expect(await next()).toMatchObject([{ held: [4] }])
    // From here on nobody writes to the seat any more: it is time alone that gives it back.
    await booking.database.pool.query(
      `update event_seats set expires_at = clock_timestamp() + interval '300 ms' where booking_id = $1`,
      [id],
    )
    expect(await next()).toMatchObject([{ name: 'A', available: [4] }])
    expect(map.sections).toEqual(await seatsInWords(event.id))
    updates.leave()
    await waitFor('nobody to follow any map', () => attendedMaps(booking.database) === 0)
  })

  test('is told a hundred holds in a few words', async () => {
    const event = await anEvent(booking.database, { rows: [{ width: 50 }, { width: 50 }] })
    const map = await mapOf(event.id)
    const updates = await follow(event.id, map.version)
    const began = performance.now()
    for (let seat = 0; seat < 100; seat += 10) {
      const batch = Array.from({ length: 10 }, (_, place) => seat + place)
      await Promise.all(
        batch.map((seatNo) => {
          const [row, number] = [Math.floor(seatNo / 50) + 1, (seatNo % 50) + 1]
          return aHold(booking.database, { event, seatIds: [`A-${row}-${number}`] })
        }),
      )
    }
    let told = 0
    while (map.sections.get('A')?.includes(0)) {
      const update = await updates.next()
      // oxlint-disable-next-line typescript/no-explicit-any -- what came is what the test is about
      expect(update !== 'complete' && applyChanges(map, (update.data as any).seatsChanged)).toBe(true)
      told++
    }
    expect(told).toBeLessThanOrEqual(1 + (performance.now() - began) / 250)
    updates.leave()
  })

  test('is told what was missed when they come back', async () => {
    const event = await anEvent(booking.database)
    const map = await mapOf(event.id)
    const first = await aHold(booking.database, { event, seatIds: ['A-1-1'] })
    await mapOf(event.id)
    await aHold(booking.database, { event, seatIds: ['A-2-1'] })
    await runOut(booking.database, [first.id])
    await mapOf(event.id)
    const updates = await follow(event.id, map.version)
    expect(await updates.next()).toEqual({
      data: {
        seatsChanged: {
          __typename: 'SeatChanges',
          fromVersion: 1,
          version: 3,
          sections: [{ name: 'A', available: [0], held: [6], sold: [], blocked: [] }],
        },
      },
    })
    updates.leave()
  })

  test.each([
    ['a version that there never was', (version: number) => version + 1],
    ['a version from before the first', () => -5],
    ['a version whose changes are forgotten', () => 1],
  ])('and names %s has to load the map again', async (_which, asked) => {
    const event = await anEvent(booking.database)
    await mapOf(event.id)
    await aHold(booking.database, { event })
    const { version } = await mapOf(event.id)
    await booking.database.pool.query('delete from seat_map_changes where event_id = $1', [event.id])
    const updates = await follow(event.id, asked(version))
    expect(await updates.next()).toEqual({ data: { seatsChanged: { __typename: 'SeatMapOutdated', version } } })
    expect(await updates.next()).toBe('complete')
  })
})
