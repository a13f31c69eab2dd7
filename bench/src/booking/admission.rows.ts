import { randomUUID } from 'node:crypto'
import { newId } from '@tikitu/runtime/ids'
import { runPgbench } from './pgbench.ts'
import { alternate, median, ratio } from './rounds.ts'
import { holdOneUnit, holdOneUnitNaively, NAIVE_HOLD } from './scripts.ts'
import { expectHolds, goal, graph, type Parts } from './seats.rows.ts'
import { holdTogether } from './together.ts'
import { anEvent, type OnSale } from './world.ts'

const CLIENTS = 16
const GRAPH_CLIENTS = 64

/** A rush for one place to stand. What is asked while a statement is under way makes up the next: 64 make small ones. */
const RUSH_CLIENTS = 256

/** General admission, whose counter is one hot row, and what is answered when nothing is left of it. */
export async function measureAdmission(parts: Parts): Promise<void> {
  const { stage, seller, options, pgbench, context } = parts
  const { rounds, seconds } = options
  await stage.pool.query(NAIVE_HOLD)
  const hot = await anEvent(stage, seller)
  const soldOut = await anEvent(stage, seller, { capacity: 1 })
  await one(parts, soldOut)

  const run = async (script: string) => {
    if (pgbench === undefined) return NaN
    const { url, directory } = stage
    return (await runPgbench({ program: pgbench, url, script, clients: CLIENTS, seconds, directory })).perSecond
  }
  const together = async ({ eventId, admissionTypeId }: OnSale, answer: string) => {
    const wanted = { eventId, ticketTypeId: admissionTypeId, quantity: () => 1 }
    const { answers, perSecond } = await holdTogether(stage.pool, 'hold_units_together', wanted, { seconds })
    if (Object.keys(answers).join() !== answer) throw new Error(`expected ${answer}: ${JSON.stringify(answers)}`)
    return perSecond
  }
  const want = { kind: 'admission', eventId: hot.eventId, ticketTypeId: hot.admissionTypeId } as const
  await graph(parts, want, GRAPH_CLIENTS)

  const reached = await alternate(
    rounds,
    {
      naive: () => run(holdOneUnitNaively(hot.eventId, hot.admissionTypeId)),
      driver: () => together(hot, 'HELD'),
      graph: async () => expectHolds(await graph(parts, want, GRAPH_CLIENTS)).perSecond,
      nothing: async () => (await graph(parts, { kind: 'nothing' }, GRAPH_CLIENTS)).perSecond,
      graphRush: async () => expectHolds(await graph(parts, want, RUSH_CLIENTS)).perSecond,
      nothingRush: async () => (await graph(parts, { kind: 'nothing' }, RUSH_CLIENTS)).perSecond,
      soldOut: () => run(holdOneUnit(soldOut.eventId, soldOut.admissionTypeId)),
      soldOutTogether: () => together(soldOut, 'SoldOut'),
    },
    stage.settle,
  )
  const known = (name: string, value: number) => context.figure({ name, value, unit: '1/s' })
  if (pgbench !== undefined) known('admission, the naive hot row of pgbench, 16 clients', median(reached.naive))
  known('admission, driver, batched', median(reached.driver))
  known(`admission by GraphQL, batched, ${GRAPH_CLIENTS} clients`, median(reached.graph))
  known(`a mutation by GraphQL that asks no database, ${GRAPH_CLIENTS} clients`, median(reached.nothing))
  known(`admission by GraphQL, batched, ${RUSH_CLIENTS} clients`, median(reached.graphRush))
  known(`a mutation by GraphQL that asks no database, ${RUSH_CLIENTS} clients`, median(reached.nothingRush))
  if (pgbench !== undefined) known('sold-out answers of pgbench, one by one, 16 clients', median(reached.soldOut))
  known('sold-out answers, driver, batched', median(reached.soldOutTogether))

  const times = (name: string, value: number, atLeast: number) =>
    context.figure({ name, value, unit: 'x', ...goal(options, { atLeast }) })
  if (pgbench !== undefined) {
    times('admission, driver, batched, times the naive hot row', ratio(reached.driver, reached.naive), 10)
    times('admission by GraphQL, batched, times the naive hot row', ratio(reached.graph, reached.naive), 3.5)
    times('sold-out answers, one by one, times the naive hot row', ratio(reached.soldOut, reached.naive), 10)
  }
  const ofNothing = (clients: number) =>
    `admission by GraphQL, batched, ${clients} clients, times a mutation that asks no database`
  times(ofNothing(GRAPH_CLIENTS), ratio(reached.graph, reached.nothing), 0.85)
  times(ofNothing(RUSH_CLIENTS), ratio(reached.graphRush, reached.nothingRush), 0.85)
  await measureLatency(parts, hot)
}

/** What a lone caller pays for there being batches: their hold, against its parts, the statement and a request. */
async function measureLatency(parts: Parts, { eventId, admissionTypeId }: OnSale): Promise<void> {
  const { stage, options, context } = parts
  const { rounds, seconds } = options
  const want = { kind: 'admission', eventId, ticketTypeId: admissionTypeId } as const
  const reached = await alternate(rounds, {
    statement: async () => {
      const latencies: number[] = []
      const endsAt = performance.now() + seconds * 1000
      while (performance.now() < endsAt) {
        const values = [eventId, newId(), randomUUID(), admissionTypeId]
        const sentAt = performance.now()
        await stage.pool.query({ name: 'one', text: ONE, values })
        latencies.push(performance.now() - sentAt)
      }
      return median(latencies)
    },
    request: async () => (await graph(parts, { kind: 'nothing' }, 1)).p50,
    hold: async () => expectHolds(await graph(parts, want, 1)).p50,
  })
  const parted = reached.statement.map((value, round) => value + (reached.request[round] ?? NaN))
  context.figure({
    name: 'admission, one caller, the statement alone, p50',
    value: median(reached.statement),
    unit: 'ms',
  })
  context.figure({ name: 'admission by GraphQL, one caller, p50', value: median(reached.hold), unit: 'ms' })
  context.figure({
    name: 'admission by GraphQL, one caller, p50, times statement and request',
    value: ratio(reached.hold, parted),
    unit: 'x',
    ...goal(options, { atMost: 1.3 }),
  })
}

const ONE = `select outcome from hold_general_admission(
  row($1::uuid, $2::uuid, $3, 'the same', 10, 3, 600, null, null)::hold_wish, $4, 1)`

/** Somebody takes one unit. */
async function one({ stage }: Parts, { eventId, admissionTypeId }: OnSale): Promise<void> {
  await stage.pool.query({ text: ONE, values: [eventId, newId(), randomUUID(), admissionTypeId] })
}
