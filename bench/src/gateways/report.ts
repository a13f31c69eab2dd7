import type { Figure, Goal } from '../harness.ts'
import { GATEWAY_NAMES, type GatewayName } from './gateways.ts'
import { clientsText, medianOf, ratioOf, type Cell, type Measurement, type Quantity } from './measurement.ts'
import type { Operation } from './operations.ts'

/** Rows of the two lists whose cost is compared, and how much dearer a row of the long one may be. */
const ROWS = { few: 50, many: 1_000, dearerAtMost: 1.25 }

/** All measurements as tables for people, one for each operation and number of clients. */
export function tables(measurements: readonly Measurement[]): string {
  return loadsIn(measurements)
    .map(({ operation, clients }) => {
      const head = ['', 'req/s', 'p50 ms', 'p99 ms', 'gateway CPU ms', 'subgraphs CPU ms', 'load generator']
      const rows = GATEWAY_NAMES.flatMap((gateway) => {
        const of = (quantity: Quantity) =>
          medianOf(measurements, { gateway, operation: operation.name, clients }, quantity)
        if (Number.isNaN(of('p50'))) return []
        const [p50, p99, cpu, subgraphs] = (['p50', 'p99', 'gatewayCpu', 'subgraphsCpu'] as const).map(of)
        return [
          [
            gateway,
            of('requestsPerSecond').toFixed(0),
            ...[p50, p99].map((value = NaN) => value.toFixed(2)),
            ...[cpu, subgraphs].map((value = NaN) => value.toFixed(3)),
            `${(of('loadShare') * 100).toFixed(0)} %`,
          ],
        ]
      })
      return `${operation.title}, ${clientsText(clients)}\n${layOut([head, ...rows])}`
    })
    .join('\n\n')
}

/** All medians, for programs, and then the ratios that have goals. What was not measured is left out. */
export function figuresOf(measurements: readonly Measurement[]): Figure[] {
  return [...medians(measurements), ...ratios(measurements)].filter(({ value }) => !Number.isNaN(value))
}

const UNITS: readonly (readonly [Quantity, string, string])[] = [
  ['requestsPerSecond', 'requests', '1/s'],
  ['p50', 'p50', 'ms'],
  ['p99', 'p99', 'ms'],
  ['gatewayCpu', 'gateway CPU per request', 'ms'],
  ['subgraphsCpu', 'subgraphs CPU per request', 'ms'],
]

function medians(measurements: readonly Measurement[]): Figure[] {
  return loadsIn(measurements).flatMap(({ operation, clients }) =>
    GATEWAY_NAMES.flatMap((gateway) =>
      UNITS.map(([quantity, name, unit]) => ({
        name: `${gateway}, ${operation.title}, ${clientsText(clients)}, ${name}`,
        value: medianOf(measurements, { gateway, operation: operation.name, clients }, quantity),
        unit,
        tabled: false,
      })),
    ),
  )
}

function ratios(measurements: readonly Measurement[]): Figure[] {
  const cell = (gateway: GatewayName, operation: Operation['name'], clients: number): Cell => ({
    gateway,
    operation,
    clients,
  })
  const faster = (operation: Operation['name'], clients: number, than: GatewayName, goal?: Goal): Figure => ({
    name: `${operation}, ${clientsText(clients)}: req/s of ours, times ${than}'s`,
    value: ratioOf(measurements, cell('ours', operation, clients), cell(than, operation, clients), 'requestsPerSecond'),
    unit: 'x',
    ...(goal && { goal }),
  })
  const cheaper = (operation: Operation['name'], clients: number, than: GatewayName, goal?: Goal): Figure => ({
    name: `${operation}, ${clientsText(clients)}: CPU per request of ${than}, times ours`,
    value: ratioOf(measurements, cell(than, operation, clients), cell('ours', operation, clients), 'gatewayCpu'),
    unit: 'x',
    ...(goal && { goal }),
  })
  const perRow = ratioOf(measurements, cell('ours', 'deep-1000', 16), cell('ours', 'deep', 16), 'gatewayCpu')
  return [
    faster('deep', 16, 'apollo', { atLeast: 4.5 }),
    faster('deep', 16, 'hive', { atLeast: 3.5 }),
    faster('deep', 16, 'stock-jit', { atLeast: 3 }),
    cheaper('deep', 16, 'apollo', { atLeast: 6 }),
    cheaper('deep', 16, 'hive', { atLeast: 5 }),
    faster('one', 64, 'proxy', { atLeast: 1 }),
    faster('one', 64, 'apollo', { atLeast: 5 }),
    cheaper('one', 64, 'proxy'),
    cheaper('one', 64, 'apollo'),
    faster('new', 16, 'apollo', { atLeast: 4 }),
    faster('new', 16, 'hive', { atLeast: 2.5 }),
    cheaper('new', 16, 'apollo'),
    cheaper('new', 16, 'hive'),
    {
      name: `deep: CPU of a row among ${ROWS.many}, times that among ${ROWS.few}`,
      value: (perRow * ROWS.few) / ROWS.many,
      unit: 'x',
      goal: { atMost: ROWS.dearerAtMost },
    },
  ]
}

/** The operations and numbers of clients that were measured, in their order. */
function loadsIn(measurements: readonly Measurement[]): { operation: Operation; clients: number }[] {
  const loads = new Map(
    measurements.map(({ operation, clients }) => [`${operation.name} ${clients}`, { operation, clients }]),
  )
  return [...loads.values()]
}

/** Columns as wide as they need to be, numbers to the right. */
function layOut(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
