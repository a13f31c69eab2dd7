import { openDatabase, type Database } from '@tikitu/runtime/database'
import { testDatabase } from '@tikitu/runtime/testing'
import { createLog } from '@tikitu/runtime/log'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aHold, anEvent, runOut, type TestEvent } from '../../test/build.ts'
import { applyChanges, readSeatMap, type ClientMap } from '../../test/seat-map-client.ts'
import { releaseHold } from '../holds/holds.ts'
import { freshest } from './freshest.ts'
import { seatMapsOf } from './seat-maps.ts'

/** Two instances of the service over one database. */
let here: Database
let there: Database
beforeAll(async () => {
  const { database, url, beforeDrop } = await testDatabase('booking')
  here = database
  there = openDatabase({ url, log: createLog('booking', 'silent') })
  beforeDrop(() => there.close())
})

let event: TestEvent
beforeEach(async () => {
  event = await anEvent(here, { rows: [{ width: 20 }, { width: 21, section: 'B' }], maxTicketsPerBuyer: 100 })
})

/** Lets the stored map grow old without waiting for it. */
const growOld = () => here.pool.query(`update seat_maps set read_at = 'epoch' where event_id = $1`, [event.id])

async function readAgain(instance: Database) {
  await growOld()
  await seatMapsOf(instance).refresh(event.id)
}

async function load(instance: Database): Promise<ClientMap> {
  const map = await seatMapsOf(instance).current(event.id)
  if (!map) throw new Error('there is no map')
  return readSeatMap(map)
}

/** The seats as they are, in the order of their numbers. */
async function states(): Promise<number[]> {
  const { rows } = await here.pool.query<{ held: boolean }>(
    'select expires_at > now() as held from event_seats where event_id = $1 order by seat_no',
    [event.id],
  )
  return rows.map(({ held }) => (held ? 1 : 0))
}

const statesOf = (map: ClientMap) => [...map.sections.values()].flat()

describe('several instances', () => {
  test('count one version together, however many look at once', async () => {
    const instances = [here, there]
    await Promise.all(Array.from({ length: 40 }, (_, caller) => seatMapsOf(instances[caller % 2]!).current(event.id)))
    expect([(await load(here)).version, (await load(there)).version]).toEqual([1, 1])
    for (let version = 2; version <= 6; version++) {
      await aHold(here, { event, seatIds: [`A-1-${version}`] })
      await growOld()
      await Promise.all(Array.from({ length: 40 }, (_, caller) => seatMapsOf(instances[caller % 2]!).refresh(event.id)))
      const { rows } = await here.pool.query('select version from seat_maps where event_id = $1', [event.id])
      expect(rows).toEqual([{ version }])
    }
  })

  test('lead a client of one along the changes that the other has read, from wherever it stands', async () => {
    const [mine, theirs] = [await load(here), await load(there)]
    const holds: { id: string; userId: string }[] = []
    for (let round = 0; round < 40; round++) {
      const seat = (round * 7) % 20
      const [first] = holds
      if (round % 3 === 1 && first) await releaseHold(here, { holdId: first.id, userId: first.userId })
      else if (round % 3 === 2 && first) await runOut(here, [first.id])
      if (round % 3 > 0) holds.shift()
      holds.push(await aHold(here, { event, seatIds: [`${round < 20 ? 'A' : 'B'}-1-${seat + 1}`] }))
      await readAgain(round % 2 === 0 ? here : there)
      if (round % 5 === 0) await follow(here, mine)
      if (round % 13 === 0) await follow(there, theirs)
    }
    await follow(here, mine)
    await follow(there, theirs)
    expect(mine.version).toBe(theirs.version)
    expect(statesOf(mine)).toEqual(await states())
    expect(statesOf(theirs)).toEqual(await states())
    expect(statesOf(await load(there))).toEqual(await states())
  })

  async function follow(instance: Database, map: ClientMap) {
    const changes = await seatMapsOf(instance).changesSince(event.id, map.version)
    if (changes.__typename !== 'SeatChanges') throw new Error('the client was left behind')
    expect(applyChanges(map, changes)).toBe(true)
  }
})

test('after more changes than are kept, and after too many at once, the map is loaded again', async () => {
  const maps = seatMapsOf(here)
  await maps.current(event.id)
  await here.pool.query(`update seat_maps set version = 300 where event_id = $1`, [event.id])
  await aHold(here, { event })
  await readAgain(here)
  expect(await maps.changesSince(event.id, 60)).toEqual({ __typename: 'SeatMapOutdated', version: 301 })
  expect(await maps.changesSince(event.id, 300)).toMatchObject({ __typename: 'SeatChanges', fromVersion: 300 })

  const stadium = await anEvent(here, { rows: Array.from({ length: 101 }, () => ({ width: 50 })) })
  event = stadium
  await maps.current(stadium.id)
  await here.pool.query(`update event_seats set expires_at = 'infinity' where event_id = $1`, [stadium.id])
  await readAgain(here)
  expect(await maps.changesSince(stadium.id, 1)).toEqual({ __typename: 'SeatMapOutdated', version: 2 })
})

test('whoever asks while something is being read is given what is read later', async () => {
  const readings: (() => void)[] = []
  let begun = 0
  const read = freshest(async () => {
    const reading = ++begun
    await new Promise<void>((resolve) => readings.push(resolve))
    return reading
  })
  const first = read('a')
  const [second, third] = [read('a'), read('a')]
  expect(begun).toBe(1)
  readings.shift()?.()
  expect(await first).toBe(1)
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toBe(2)
  readings.shift()?.()
  expect(await Promise.all([second, third])).toEqual([2, 2])
})
