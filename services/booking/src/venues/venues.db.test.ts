import type { Database, Transaction } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accept } from '@tikitu/runtime/outcome'
import { testDatabase } from '@tikitu/runtime/testing'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, expect, test } from 'vitest'
import { aVenue, inDays } from '../../test/build.ts'
import { learnPartner, learnPlan, learnVenue } from './venues.ts'
import { partnerById, venueById } from './venue.sql.ts'

let database: Database

beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

const learn = (work: (tx: Transaction) => Promise<void>) => transact(database, async (tx) => accept(await work(tx)))

test('the latest fact about a partner counts, in whatever order they come', async () => {
  const partnerId = newId()
  const commission = { basisPoints: 500, fixedPerTicket: 30 }
  const verified = { partnerId, status: 'VERIFIED', commission, at: inDays(-3) } as const
  const suspended = { partnerId, status: 'SUSPENDED', commission: null, at: inDays(-2) } as const
  const reinstated = { ...verified, commission: { basisPoints: 700, fixedPerTicket: 0 }, at: inDays(-1) } as const

  await learn((tx) => learnPartner(tx, suspended))
  await learn((tx) => learnPartner(tx, verified))
  expect(await partnerById(database.orm, partnerId)).toMatchObject({ status: 'SUSPENDED' })
  await learn((tx) => learnPartner(tx, reinstated))
  await learn((tx) => learnPartner(tx, suspended))
  expect(await partnerById(database.orm, partnerId)).toMatchObject({ status: 'VERIFIED', commissionBasisPoints: 700 })
  await learn((tx) => learnPartner(tx, { ...suspended, at: inDays(0) }))
  expect(await partnerById(database.orm, partnerId)).toMatchObject({ status: 'SUSPENDED', commissionBasisPoints: 700 })
})

test('the latest version of a venue counts, in whatever order they come', async () => {
  const venue = {
    venueId: newId(),
    partnerId: newId(),
    name: 'First',
    address: null,
    city: 'York',
    country: 'GB',
    latitude: null,
    longitude: null,
    timezone: 'Europe/London',
    capacity: 10,
    isActive: true,
    version: 1,
    at: inDays(-1).toISOString(),
  }
  await learn((tx) => learnVenue(tx, { ...venue, name: 'Third', version: 3, isActive: false }))
  await learn((tx) => learnVenue(tx, { ...venue, name: 'Second', version: 2 }))
  await learn((tx) => learnVenue(tx, venue))
  expect(await venueById(database.orm, venue.venueId)).toMatchObject({ name: 'Third', isActive: false, version: 3 })
})

test('a stadium of 39,264 seats is learnt in a moment, once, and never changes', async () => {
  const { venueId, partnerId } = await aVenue(database)
  const rows = Array.from({ length: 1_636 }, (_, row) => ({
    name: String(row + 1),
    category: row < 800 ? 'A' : 'B',
    seats: Array.from({ length: 24 }, (__, place) => ({
      id: `seat ${row + 1}/${place + 1}`,
      number: String(place + 1),
    })),
  }))
  const plan = {
    planId: newId(),
    venueId,
    partnerId,
    name: 'All of it',
    version: 1,
    seatCount: 39_264,
    categories: ['A', 'B'],
    sections: [{ name: 'Bowl', rows }],
    areas: [{ name: 'Pitch', category: 'STANDING', capacity: 5_000 }],
    at: inDays(-1).toISOString(),
  }
  const watch = stopwatch()
  await learn((tx) => learnPlan(tx, plan))
  // A second or less when the machine is idle.
  expect(watch.milliseconds()).toBeLessThan(10_000)
  const count = async () =>
    (await database.pool.query('select count(*)::integer as seats from plan_seats where plan_id = $1', [plan.planId]))
      .rows[0].seats
  expect(await count()).toBe(39_264)

  await learn((tx) => learnPlan(tx, { ...plan, sections: [] }))
  expect(await count()).toBe(39_264)
  const { rows: last } = await database.pool.query(
    'select seat_no, row_no, category from plan_seats where plan_id = $1 and seat_id = $2',
    [plan.planId, 'seat 1636/24'],
  )
  expect(last).toEqual([{ seat_no: 39_263, row_no: 1_635, category: 'B' }])
})

test('a plan that names a seat twice is refused as a whole', async () => {
  const { venueId, partnerId } = await aVenue(database)
  const seats = [
    { id: 'twice', number: '1' },
    { id: 'twice', number: '2' },
  ]
  const plan = {
    planId: newId(),
    venueId,
    partnerId,
    name: 'Bad',
    version: 1,
    seatCount: 2,
    categories: ['A'],
    sections: [{ name: 'S', rows: [{ name: '1', category: 'A', seats }] }],
    areas: [],
    at: inDays(-1).toISOString(),
  }
  await expect(learn((tx) => learnPlan(tx, plan))).rejects.toThrow(/insert into plan_seats/)
  const { rows } = await database.pool.query('select from seating_plans where plan_id = $1', [plan.planId])
  expect(rows).toEqual([])
})
