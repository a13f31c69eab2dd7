import type { BenchContext } from '../harness.ts'
import type { GraphLoadGenerator, GraphResult, Want } from './graph-load.ts'
import type { Options } from './options.ts'
import { runPgbench } from './pgbench.ts'
import { alternate, ratio, median } from './rounds.ts'
import { holdTwoSeats } from './scripts.ts'
import type { Stage } from './stage.ts'
import { aHall, anEvent, type Seller } from './world.ts'

/** What every part of the bench is given. */
export interface Parts {
  readonly stage: Stage
  readonly seller: Seller
  readonly load: GraphLoadGenerator
  readonly options: Options
  /** Undefined when it is not on this machine. */
  readonly pgbench: string | undefined
  readonly context: BenchContext
}

/** As many as the service has connections to the database, roughly; more make pgbench slower. */
const CLIENTS = 16

/** More than one client has been seen to make in a second. */
const HOLDS_OF_A_CLIENT = 200

/** Chosen seats through the graph: one by one, and in batches as they come. */
export async function measureSeats(parts: Parts): Promise<void> {
  const { stage, seller, options, pgbench, context } = parts
  const { rounds, seconds, hallSeats, clientsMax } = options
  const hall = await aHall(stage, seller, hallSeats)
  const part = seconds * HOLDS_OF_A_CLIENT * 2
  const small = await aHall(stage, seller, part * (rounds + 1))
  // A queue for each event: when every client is in another event, nothing is ever asked together.
  const apart = await Promise.all(Array.from({ length: CLIENTS }, () => anEvent(stage, seller, { hall: small })))
  let firstSeat = 0

  const direct = async () => {
    const { eventId } = await anEvent(stage, seller, { hall })
    const script = holdTwoSeats(eventId, { hallSeats, clients: CLIENTS })
    const { url, directory } = stage
    return (await runPgbench({ program: pgbench ?? '', url, script, clients: CLIENTS, seconds, directory })).perSecond
  }
  const oneByOne = async () => {
    const want: Want = {
      kind: 'seats',
      eventIds: apart.map(({ eventId }) => eventId),
      firstSeat,
      lastSeat: firstSeat + part,
    }
    firstSeat += part
    return expectHolds(await graph(parts, want, CLIENTS)).perSecond
  }
  const batched = async (clients: number) => {
    const { eventId } = await anEvent(stage, seller, { hall })
    const want: Want = { kind: 'seats', eventIds: [eventId], firstSeat: 2, lastSeat: hallSeats }
    await graph(parts, { ...want, firstSeat: 0, lastSeat: 2 }, 1)
    return expectHolds(await graph(parts, want, clients)).perSecond
  }
  await oneByOne()
  await batched(64)

  const reached = await alternate(rounds, {
    direct: pgbench === undefined ? () => Promise.resolve(NaN) : direct,
    oneByOne,
    batched: () => batched(64),
    many: () => batched(clientsMax),
  })
  context.figure({ name: 'seat holds of pgbench, 16 clients', value: median(reached.direct), unit: '1/s' })
  context.figure({
    name: 'seat holds by GraphQL, one by one, 16 clients',
    value: median(reached.oneByOne),
    unit: '1/s',
  })
  context.figure({ name: 'seat holds by GraphQL, batched, 64 clients', value: median(reached.batched), unit: '1/s' })
  if (pgbench !== undefined) {
    const name = 'seat holds by GraphQL, one by one, times pgbench'
    context.figure({
      name,
      value: ratio(reached.oneByOne, reached.direct),
      unit: 'x',
      ...goal(options, { atLeast: 0.4 }),
    })
    const together = 'seat holds by GraphQL, batched, times pgbench'
    context.figure({
      name: together,
      value: ratio(reached.batched, reached.direct),
      unit: 'x',
      ...goal(options, { atLeast: 1 }),
    })
  }
  context.figure({
    name: `seat holds by GraphQL, ${clientsMax} clients, times 64 clients`,
    value: ratio(reached.many, reached.batched),
    unit: 'x',
    ...goal(options, { atLeast: 0.6 }),
  })
}

/** A load on the graph for one measurement. */
export function graph({ load, stage, options }: Parts, want: Want, clients: number): Promise<GraphResult> {
  const { port, identitySecret } = stage
  return load.run({ port, identitySecret, want, clients, seconds: options.seconds, requestsMax: 60_000 })
}

/** Makes sure that what was measured are holds. */
export function expectHolds(result: GraphResult): GraphResult {
  const { Hold = 0, ...others } = result.answers
  if (Hold === 0 || Object.keys(others).length > 0)
    throw new Error(`not all were held: ${JSON.stringify(result.answers)}`)
  return result
}

/** A goal counts only when the bench is meant. */
export function goal<Goal>({ isMeant }: Options, wanted: Goal): { goal?: Goal } {
  return isMeant ? { goal: wanted } : {}
}
