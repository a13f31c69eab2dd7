import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { testDatabase, waitFor } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { PaymentSucceeded } from '@tikitu/schema/events/payment'
import type { PoolClient } from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { aHold } from '../../test/sales.ts'
import { releaseHold } from '../holds/holds.ts'
import {
  aHeld,
  aPayment,
  aPending,
  brokenInvariants,
  checkOut,
  deliver,
  expire,
  passDeadline,
  statusOf,
  TERMS,
  warm,
  type Told,
} from '../../test/story.ts'
import { lockBuyer } from './booking.sql.ts'
import { checkout } from './checkout.ts'
import { newReference } from './reference.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

/** As many as the event allows one buyer, and as many again. */
const LIMITED = [
  ['seats', { seatNos: [0, 1, 2], maxTicketsPerBuyer: 3 }, { seatNos: [3, 4, 5] }],
  ['units', { units: 3, maxTicketsPerBuyer: 3 }, { units: 3 }],
] as const

/** Lets the hold end so many milliseconds from now, in the transaction of `session` or at once. */
async function endIn(session: Pick<PoolClient, 'query'>, holdId: string, milliseconds: number): Promise<void> {
  await session.query(
    `with ended as (
       update bookings set expires_at = clock_timestamp() + make_interval(secs => $2 / 1000.0) where id = $1
       returning id, expires_at
     )
     update event_seats s set expires_at = ended.expires_at from ended where s.booking_id = ended.id`,
    [holdId, milliseconds],
  )
}

/** Waits until somebody waits for a lock of this session. */
async function someoneWaitsFor(session: PoolClient): Promise<void> {
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
  await waitFor('somebody to wait for a lock', async () => {
    const waiting = await database.pool.query(
      'select from pg_stat_activity where datname = current_database() and $1 = any (pg_blocking_pids(pid))',
      [rows[0]?.pid],
    )
    return waiting.rows.length > 0
  })
}

const someoneWaitsForABuyer = async () => {
  const { rows } = await database.pool.query(
    `select from pg_locks l join pg_database d on d.oid = l.database
      where d.datname = current_database() and l.locktype = 'advisory' and not l.granted`,
  )
  return rows.length > 0
}

/** Runs with a transaction of another connection, which is rolled back unless it has ended by then. */
async function withSession<Value>(work: (session: PoolClient) => Promise<Value>): Promise<Value> {
  const session = await database.pool.connect()
  try {
    await session.query('begin')
    return await work(session)
  } finally {
    await session.query('rollback')
    session.release()
  }
}

/** Checks a hold out which ends when it has been found live, and which then stands still until `meanwhile` is done. */
async function checkOutWhileItEnds(held: Told, meanwhile: () => Promise<void>) {
  const other = await aPending(database)
  const reference = newReference()
  return withSession(async (drawing) => {
    // While this is neither committed nor rolled back, nobody knows whether the reference is taken.
    await drawing.query('update bookings set reference = $1 where id = $2', [reference, other.id])
    const outcome = await withSession(async (ending) => {
      await ending.query('select from bookings where id = $1 for update', [held.id])
      const command = { holdId: held.id, userId: held.userId, idempotencyKey: newId(), terms: TERMS }
      const checkedOut = transact(database, (tx, at) =>
        checkout(tx, { ...command, at, drawReference: () => reference }),
      )
      await someoneWaitsFor(ending)
      await endIn(ending, held.id, 0)
      await ending.query('commit')
      return { checkedOut }
    })
    await someoneWaitsFor(drawing)
    await meanwhile()
    await drawing.query('rollback')
    return outcome.checkedOut
  })
}

test.each(LIMITED)(
  '%s: a hold that ends during its checkout is not held again beside it',
  async (_kind, first, more) => {
    const held = await aHeld(database, first)
    let again: PromiseSettledResult<unknown> | undefined
    let holding: Promise<unknown> = Promise.resolve()
    const outcome = await checkOutWhileItEnds(held, async () => {
      holding = Promise.allSettled([aHold(database, held.sale, { ...more, userId: held.userId })]).then(([answer]) => {
        again = answer
      })
      await waitFor('the second hold to be answered or to wait', async () => !!again || someoneWaitsForABuyer())
    })
    await holding
    expect(await brokenInvariants(database)).toEqual([])
    expect([outcome.ok, again?.status]).toEqual([true, 'rejected'])
  },
)

test.each(LIMITED)('%s: a checkout that waits for its buyer finds the hold as it is then', async (_kind, first) => {
  const held = await aHeld(database, first)
  const { checkedOut } = accepted(
    await transact(database, async (tx) => {
      await lockBuyer(tx, held.userId)
      const waiting = checkOut(database, held)
      await waitFor('the checkout to wait for its buyer', someoneWaitsForABuyer)
      await endIn(database.pool, held.id, 0)
      return accept({ checkedOut: waiting })
    }),
  )
  expect(await checkedOut).toMatchObject({ refusal: 'HoldExpired' })
  expect(await statusOf(database, held.id)).toBe('HELD')
})

test('twenty checkouts of a hold that is just ending, and twenty holds of as many again: the limit holds', async () => {
  await warm(database)
  for (const [, first, more] of LIMITED) {
    for (let round = 0; round < 3; round++) {
      const held = await aHeld(database, { ...first, capacity: 200 })
      await endIn(database.pool, held.id, round * 5)
      const callers = Array.from({ length: 40 }, (_, caller) =>
        caller % 2 === 0
          ? checkOut(database, held)
          : aHold(database, held.sale, { ...more, userId: held.userId }).then(() => accept()),
      )
      const answers = await Promise.allSettled(callers)
      const got = answers.filter((answer) => answer.status === 'fulfilled' && answer.value.ok)
      expect(got.length).toBeLessThanOrEqual(1)
      expect(await brokenInvariants(database)).toEqual([])
    }
  }
})

test('checkouts, late payments, releases and new holds of one buyer at once: the limit holds, and all are answered', async () => {
  await warm(database)
  for (const [, first, more] of LIMITED) {
    for (let round = 0; round < 2; round++) {
      const late = await aPending(database, { ...first, capacity: 200 })
      await passDeadline(database, late.id)
      await expire(database)
      const { userId, sale } = late
      const hold = await aHold(database, sale, { ...more, userId })
      await endIn(database.pool, hold.id, 20 + round * 5)
      const payment = aPayment(late)
      const happenings = [
        () => checkOut(database, hold),
        () => deliver(database, PaymentSucceeded, payment),
        () => Promise.allSettled([aHold(database, sale, { ...more, userId })]),
        () => (round === 0 ? releaseHold(database, { holdId: hold.id, userId }) : expire(database)),
      ]
      await Promise.all(Array.from({ length: 40 }, async (_, caller) => happenings[caller % 4]?.()))
      expect(['CONFIRMED', 'REFUND_DUE']).toContain(await statusOf(database, late.id))
      expect(await brokenInvariants(database)).toEqual([])
    }
  }
})
