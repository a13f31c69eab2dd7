import type { GatewayName } from './gateways.ts'
import type { Operation } from './operations.ts'

/** One gateway under one load in one round. */
export interface Measurement {
  readonly gateway: GatewayName
  readonly operation: Operation
  readonly clients: number
  readonly round: number
  readonly requestsPerSecond: number
  /** Milliseconds from the request to the whole answer. */
  readonly p50: number
  readonly p99: number
  /** Processor time of the gateway's processes for each request, in milliseconds. */
  readonly gatewayCpu: number
  /** Processor time of all six subgraphs for each request, in milliseconds. */
  readonly subgraphsCpu: number
  /** The share of one core that the load generator took, from 0 to 1. */
  readonly loadShare: number
}

/** What can be told of a measurement as a number. */
export type Quantity = 'requestsPerSecond' | 'p50' | 'p99' | 'gatewayCpu' | 'subgraphsCpu' | 'loadShare'

/** Where to look among the measurements. */
export interface Cell {
  readonly gateway: GatewayName
  readonly operation: Operation['name']
  readonly clients: number
}

/** The middle of the rounds; NaN when there was none. */
export function medianOf(measurements: readonly Measurement[], cell: Cell, quantity: Quantity): number {
  return median(roundsOf(measurements, cell).map((measurement) => measurement[quantity]))
}

/**
 * How many times the one is of the other, as the middle of what each round says: what else the machine does changes
 * from round to round, and much less between the neighbours of one round.
 */
export function ratioOf(measurements: readonly Measurement[], one: Cell, other: Cell, quantity: Quantity): number {
  const others = new Map(roundsOf(measurements, other).map((each) => [each.round, each[quantity]]))
  return median(roundsOf(measurements, one).map((each) => each[quantity] / (others.get(each.round) ?? NaN)))
}

function roundsOf(measurements: readonly Measurement[], cell: Cell): Measurement[] {
  return measurements.filter(
    ({ gateway, operation, clients }) =>
      gateway === cell.gateway && operation.name === cell.operation && clients === cell.clients,
  )
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const [below = NaN, above = NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (below + above) / 2
}

/** "1 client", "16 clients". */
export function clientsText(clients: number): string {
  return clients === 1 ? '1 client' : `${clients} clients`
}
