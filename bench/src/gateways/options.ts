import { parseArgs } from 'node:util'
import { freePortBase } from '@tikitu/local/ports'
import { GATEWAY_NAMES, PORTS, type GatewayName } from './gateways.ts'
import { OPERATIONS, type Operation } from './operations.ts'

/** What is measured, and for how long. */
export interface Options {
  readonly gateways: readonly GatewayName[]
  readonly operations: readonly Operation[]
  /** Numbers of clients at once. */
  readonly clients: readonly number[]
  /** How often each is measured; the medians count. */
  readonly rounds: number
  /** How long each is measured in each round. */
  readonly seconds: number
  readonly portBase: number
  /** The directory for our gateway's CPU profile. */
  readonly cpuProfile: string | undefined
}

/** Callers who sign in, and so the most clients there can be. */
export const CLIENTS_MAX = 64

/** Reads what stands behind `pnpm bench gateway`. Throws with what is allowed. */
export async function readOptions(args: readonly string[]): Promise<Options> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      operations: { type: 'string' },
      clients: { type: 'string', default: '1,16,64' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      'port-base': { type: 'string' },
      'cpu-prof': { type: 'string' },
    },
  })
  const operations = OPERATIONS.map(({ name }) => name)
  const chosen = pick('operations', operations, values.operations)
  const portBase = values['port-base']
  return {
    gateways: pick('only', GATEWAY_NAMES, values.only),
    operations: OPERATIONS.filter(({ name }) => chosen.includes(name)),
    clients: values.clients.split(',').map((text) => whole('clients', text, CLIENTS_MAX)),
    rounds: whole('rounds', values.rounds, 100),
    seconds: whole('seconds', values.seconds, 600),
    portBase: portBase === undefined ? await freePortBase(PORTS) : whole('port-base', portBase, 65_535 - PORTS),
    cpuProfile: values['cpu-prof'],
  }
}

function pick<Name extends string>(option: string, allowed: readonly Name[], given: string | undefined): Name[] {
  if (given === undefined) return [...allowed]
  const wanted = given.split(',')
  const unknown = wanted.filter((name) => !allowed.some((each) => each === name))
  if (unknown.length > 0) throw new Error(`--${option}: ${unknown.join(', ')} is none of ${allowed.join(', ')}.`)
  return allowed.filter((name) => wanted.includes(name))
}

function whole(option: string, text: string, max: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= max) return number
  throw new Error(`--${option}: expected a whole number from 1 to ${max}.`)
}
