import { parseArgs } from 'node:util'
import { freePortBase } from '@tikitu/local/ports'

/** The parts of the bench, in their order. */
export const PARTS = ['seats', 'admission', 'sell-out', 'seat-map', 'old-bookings', 'list'] as const

/** A part of the bench. */
export type Part = (typeof PARTS)[number]

/** How much is measured. */
export interface Options {
  /** How often each is measured; the medians count. */
  readonly rounds: number
  /** How long each is measured in each round. */
  readonly seconds: number
  /** Seats of the halls whose seats are held, a new hall for each measurement. */
  readonly hallSeats: number
  /** Seats of the halls that are sold out by best-available. */
  readonly sellOut: { readonly small: number; readonly large: number }
  /** Old bookings beside which p99 is measured. */
  readonly oldBookings: number
  /** Events in the list. */
  readonly events: number
  /** The most clients that ask at once. */
  readonly clientsMax: number
  readonly portBase: number
  /** Which parts of the bench are run. */
  readonly only: ReadonlySet<Part>
  /** Whether the goals count: short measurements on small halls say only that the bench runs. */
  readonly isMeant: boolean
}

/** The ports that the bench needs in a row, from PORT_BASE on: the services' and those of the helpers. */
const PORTS = 20

/** Reads what stands behind `pnpm bench booking`. Throws with what is allowed. */
export async function readOptions(args: readonly string[]): Promise<Options> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'port-base': { type: 'string' },
      only: { type: 'string' },
    },
  })
  const { quick } = values
  const portBase = values['port-base']
  return {
    rounds: whole('rounds', values.rounds ?? (quick ? '1' : '3'), 100),
    seconds: whole('seconds', values.seconds ?? (quick ? '1' : '3'), 5),
    hallSeats: quick ? 20_000 : 60_000,
    sellOut: quick ? { small: 1_000, large: 2_000 } : { small: 20_000, large: 100_000 },
    oldBookings: quick ? 2_000 : 1_000_000,
    events: quick ? 2_000 : 100_000,
    clientsMax: quick ? 200 : 1_000,
    portBase: portBase === undefined ? await freePortBase(PORTS) : whole('port-base', portBase, 65_535 - PORTS),
    only: new Set(values.only === undefined ? PARTS : values.only.split(',').map(partOf)),
    isMeant: !quick,
  }
}

function partOf(name: string): Part {
  const part = PARTS.find((each) => each === name)
  if (part !== undefined) return part
  throw new Error(`--only: expected one or several of ${PARTS.join(', ')}, separated by commas.`)
}

function whole(option: string, text: string, max: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= max) return number
  throw new Error(`--${option}: expected a whole number from 1 to ${max}.`)
}
