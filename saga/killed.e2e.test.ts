import { setTimeout as pause } from 'node:timers/promises'
import { sendJob } from '@tikitu/runtime/jobs'
import { accept } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anEvent } from '../services/booking/test/build.ts'
import { PursuePayment, PursueRefund } from '../services/payment/src/jobs.ts'
import { wrongIn } from './test/books.ts'
import { crowd, type OnSale } from './test/crowd.ts'
import { momentsOf } from './test/moments.ts'
import { Processes } from './test/processes.ts'

/** How often somebody is killed: CI looks at each victim once, a soak at 200 random moments. */
const KILLS = Number(process.env['KILLS'] ?? (process.env['SOAK'] ? 200 : 4))

/** What makes the moments the same ones again, as they are in CI; every soak without `SEED` has its own. */
const SEED = process.env['SEED'] ?? (process.env['SOAK'] ? String(Math.trunc(Math.random() * 2 ** 31)) : '20261123')

/** Buyers at once. */
const BUYERS = 8

/** The next kill comes so long after the last victim is back, at most, in milliseconds. */
const CALM_MILLISECONDS_MAX = process.env['SOAK'] ? 1_500 : 700

/** How long everything may take to settle when the buyers have left, in milliseconds. */
const REST_MILLISECONDS = 120_000

const processes = new Processes()
let sale: OnSale
beforeAll(async () => {
  await processes.start()
  const event = await anEvent(processes.database('booking'), { rows: [], standing: 1_000_000 })
  sale = { eventId: event.id, ticketTypeId: event.types['Standing']?.id ?? '' }
})
afterAll(() => processes.stop())

test(`${KILLS} × kill -9 of payment, booking, relay and Postgres under load (SEED=${SEED}): money and tickets agree`, async () => {
  const leave = new AbortController()
  const buying = crowd(processes, sale, { buyers: BUYERS, left: leave.signal })
  const killed: Record<string, number> = {}
  for (const moment of momentsOf(SEED, { kills: KILLS, calmMilliseconds: CALM_MILLISECONDS_MAX })) {
    const name = await processes.kill(moment)
    killed[name] = (killed[name] ?? 0) + 1
  }
  leave.abort()
  const turnout = await buying
  expect(await comesToRest()).toEqual([])
  console.log(JSON.stringify({ seed: SEED, kills: KILLS, killed, ...turnout }))
  expect(turnout.bought).toBeGreaterThan(KILLS)
  expect(turnout.unanswered).toBeGreaterThan(0)
}, 3_600_000)

/** Waits until money and tickets agree, with the reconciler at work all the time instead of every minute. Answers with what is wrong. */
async function comesToRest(): Promise<string[]> {
  const books = {
    booking: processes.database('booking'),
    payment: processes.database('payment'),
    charges: () => processes.charges(),
  }
  const deadline = performance.now() + REST_MILLISECONDS
  while (true) {
    const wrong = [...(await unhandled()), ...(await wrongIn(books))]
    if (wrong.length === 0 || performance.now() > deadline) return wrong
    await reconcileSoon()
    await pause(500)
  }
}

/** Events that are under way, or dead. */
async function unhandled(): Promise<string[]> {
  const found = []
  for (const service of ['booking', 'payment'] as const) {
    const { rows } = await processes.database(service).pool.query<{ what: string }>(
      `select status || ': ' || type || coalesce(': ' || last_error, '') as what from inbox
        where status not in ('handled', 'skipped')
        union all
       select 'not numbered: ' || type from outbox where position is null limit 20`,
    )
    found.push(...rows.map(({ what }) => `${service}: ${what}`))
  }
  return found
}

/** What would be looked at in the next minutes is looked at now. */
async function reconcileSoon(): Promise<void> {
  const database = processes.database('payment')
  await database.pool.query('update refunds set check_at = now() where check_at > now()')
  const open = await idsOf(`select id from payments where status in ('PENDING', 'REQUIRES_ACTION', 'PROCESSING')`)
  const owed = await idsOf(`select id from refunds where status in ('REQUESTED', 'PROCESSING', 'FAILED')`)
  await transact(database, async (tx) => {
    for (const paymentId of open) await sendJob(tx, PursuePayment, { paymentId })
    for (const refundId of owed) await sendJob(tx, PursueRefund, { refundId })
    return accept()
  })
}

async function idsOf(statement: string): Promise<string[]> {
  const { rows } = await processes.database('payment').pool.query<{ id: string }>(statement)
  return rows.map(({ id }) => id)
}
