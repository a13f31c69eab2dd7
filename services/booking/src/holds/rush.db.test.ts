import { openDatabase, type Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { createLog } from '@tikitu/runtime/log'
import { testDatabase } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { anEvent, LIMITS } from '../../test/build.ts'
import { expectSoundInventory, tally, together } from '../../test/sound.ts'
import { holdBestAvailable, holdGeneralAdmission, holdSeats } from './holds.ts'

/** How often buyers rush at twelve seats. A hundred times takes minutes. */
const ROUNDS = process.env['SOAK'] ? 100 : 2

/** Instances of the service, each with its own queues: within one, wishes are batched; between them, they collide. */
let instances: Database[]

const instanceOf = (caller: number) => instances[caller % instances.length] ?? one()
const one = (): Database => {
  const [first] = instances
  if (!first) throw new Error('there is no instance')
  return first
}

beforeAll(async () => {
  const { database, url, beforeDrop } = await testDatabase('booking')
  const others = [1, 2].map(() => openDatabase({ url, connectionsMax: 8, log: createLog('booking', 'error') }))
  for (const other of others) beforeDrop(() => other.close())
  instances = [database, ...others]
})

const buyer = (eventId: string) => ({ eventId, userId: newId(), idempotencyKey: newId(), limits: LIMITS })
const seatIds = (place: number) => [`A-1-${(place % 12) + 1}`, `A-1-${((place + 1) % 12) + 1}`]

async function deadlocks(): Promise<number> {
  const { rows } = await one().pool.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  )
  return Number(rows[0]?.deadlocks)
}

describe.each([40, 400])('%i buyers after twelve seats', (buyers) => {
  test('who choose pairs that lie on each other get every seat once at most, and none is lost', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { id: eventId } = await anEvent(one(), { rows: [{ width: 12 }] })
      const outcomes = await together(buyers, (caller) =>
        holdSeats(instanceOf(caller), { ...buyer(eventId), seatIds: seatIds(caller * 7) }),
      )
      const { Hold = 0, SeatsTaken = 0 } = tally(outcomes)
      expect(Hold + SeatsTaken).toBe(buyers)
      const held = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.value.seatNos ?? []) : []))
      expect(new Set(held).size).toBe(held.length)
      // What nobody got can be had by whoever comes now.
      for (const place of Array.from({ length: 12 }, (_, seatNo) => seatNo).filter(
        (seatNo) => !held.includes(seatNo),
      )) {
        const late = await holdSeats(one(), { ...buyer(eventId), seatIds: [`A-1-${place + 1}`] })
        expect(late.ok).toBe(true)
      }
      await expectSoundInventory(one())
    }
    expect(await deadlocks()).toBe(0)
  })

  test('who take the best, or a place to stand, take exactly what there is', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const event = await anEvent(one(), { rows: [{ width: 12 }], standing: 12 })
      const wish = (type: string) => ({ ...buyer(event.id), ticketTypeId: event.types[type]?.id ?? '', quantity: 1 })
      const [best, standing] = await Promise.all([
        together(buyers / 2, (caller) => holdBestAvailable(instanceOf(caller), wish('STALLS'))),
        together(buyers / 2, (caller) => holdGeneralAdmission(instanceOf(caller), wish('Standing'))),
      ])
      expect([tally(best), tally(standing)]).toEqual([
        { Hold: 12, SoldOut: buyers / 2 - 12 },
        { Hold: 12, SoldOut: buyers / 2 - 12 },
      ])
      await expectSoundInventory(one())
    }
    expect(await deadlocks()).toBe(0)
  })
})

test('connections that are killed under the batches lose no hold that was answered', async () => {
  const event = await anEvent(one(), { rows: Array.from({ length: 10 }, () => ({ width: 40 })), standing: 2_000 })
  const ticketTypeId = event.types['Standing']?.id ?? ''
  const stopped = new AbortController()
  const hits: number[] = []
  const killing = (async () => {
    while (!stopped.signal.aborted) {
      const { rowCount } = await one().pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query like '%together%'`,
      )
      if (rowCount) hits.push(rowCount)
      await new Promise((soon) => setImmediate(soon))
    }
  })()
  /** As a client does: with the same key until there is an answer. */
  const untilAnswered = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask()
      } catch (error) {
        if (attempt === 50) throw error
      }
    }
  }
  const batched = instances.slice(1)
  const answered: string[] = []
  // As many waves as it takes to hit some; there are seats for twenty.
  for (let wave = 0; wave < 20 && hits.length < 3; wave++) {
    const answers = await together(60, async (caller) => {
      const database = batched[caller % batched.length] ?? one()
      const wish = buyer(event.id)
      const seat = wave * 20 + Math.floor(caller / 3)
      const outcome = await (caller % 3 === 0
        ? untilAnswered(() =>
            holdSeats(database, { ...wish, seatIds: [`A-${(seat % 10) + 1}-${Math.floor(seat / 10) + 1}`] }),
          )
        : untilAnswered(() => holdGeneralAdmission(database, { ...wish, ticketTypeId, quantity: 1 })))
      return outcome.ok ? outcome.value.id : outcome.refusal
    })
    answered.push(...answers)
  }
  stopped.abort()
  await killing
  expect(hits.length).toBeGreaterThan(0)
  const { rows } = await one().pool.query<{ id: string }>(
    `select id from bookings where event_id = $1 and status = 'HELD'`,
    [event.id],
  )
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(answered))
  await expectSoundInventory(one())
})
