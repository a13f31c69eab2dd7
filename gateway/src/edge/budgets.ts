import { isIPv6 } from 'node:net'
import { Fault } from '@tikitu/runtime/fault'
import type { Identity } from '@tikitu/runtime/identity'
import { Budget, type Allowance } from './budget.ts'
import type { Variables } from './cost-amount.ts'
import type { OperationCost } from './cost.ts'

/** What operations may cost. */
export interface CostLimits {
  /** Points of one operation, at most. */
  readonly operationMax: number
  /** What one address may spend without a token. */
  readonly anonymous: Allowance
  /** What one person may spend. */
  readonly user: Allowance
  /** What one machine may spend. */
  readonly machine: Allowance
  /** What any of them may spend, besides, on moving seats, money and the door. */
  readonly priority: Allowance
}

/** What a client is told about the cost of its operation, in points. */
export interface Charge {
  readonly requested: number
  /** What is left of the budget. */
  readonly available: number
  /** What comes back to the budget each second. */
  readonly restoreRate: number
}

/** The caller has spent too much. What it asked for was not executed, and costs nothing. */
export class Throttled extends Fault {
  readonly charge: Charge
  /** For the header `Retry-After`: whoever waits so long, and asks for nothing else meanwhile, is let in. */
  readonly retryAfterSeconds: number

  constructor(charge: Charge, waitSeconds: number) {
    const retryAfterSeconds = Math.max(1, Math.ceil(waitSeconds))
    super('THROTTLED', `You have spent your budget for now. Please try again in ${retryAfterSeconds} s.`, {
      details: { retryAfterSeconds, cost: charge },
    })
    this.charge = charge
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/**
 * Charges a caller for an operation before it is executed. Throws BAD_USER_INPUT when nobody could afford the operation,
 * and `Throttled` when this caller cannot now.
 */
export type ChargeFor = (identity: Identity, operation: OperationCost, variables: Variables) => Charge

/**
 * Opens the budgets of this process: one for each person, machine and, without a token, address. What moves seats, money
 * or the door has budgets of its own, so that who has looked around too much can still pay.
 */
export function openBudgets(limits: CostLimits, now?: () => number): ChargeFor {
  const clock = now ? { now } : {}
  const lane = (anonymous: Allowance, user: Allowance, machine: Allowance) => ({
    anonymous: new Budget(anonymous, clock),
    user: new Budget(user, clock),
    machine: new Budget(machine, clock),
  })
  const usual = lane(limits.anonymous, limits.user, limits.machine)
  const priority = lane(limits.priority, limits.priority, limits.priority)

  return (identity, operation, variables) => {
    const requested = operation.pointsFor(variables)
    const { anonymous, user, machine } = operation.isPriority ? priority : usual
    const { kind } = identity
    const budget = kind === 'user' ? user : kind === 'machine' ? machine : anonymous
    const { points, pointsPerSecond } = budget.allowance
    // Waiting does not help whom even a full budget would not serve.
    const max = Math.min(limits.operationMax, points)
    if (requested > max) throw tooDear(requested, max)
    const caller = kind === 'user' || kind === 'machine' ? identity.subject : networkOf(identity.ip ?? '')
    const { granted, available, waitSeconds } = budget.take(caller, requested)
    const charge = { requested, available: Math.floor(available), restoreRate: pointsPerSecond }
    if (!granted) throw new Throttled(charge, waitSeconds)
    return charge
  }
}

/** The `extensions` of an answer, as JSON. */
export function extensionsOf({ requested, available, restoreRate }: Charge): string {
  return `{"cost":{"requested":${requested},"available":${available},"restoreRate":${restoreRate}}}`
}

function tooDear(cost: number, costMax: number): Fault {
  return new Fault(
    'BAD_USER_INPUT',
    `The operation costs ${cost} points: at most ${costMax} are allowed. Ask for shorter lists, or in several requests.`,
    { details: { cost, costMax } },
  )
}

/** The first 64 bits as nearly every address has them, for this is asked for each request. */
const PLAIN_NETWORK = /^(?:(?:0|[1-9a-f][0-9a-f]{0,3}):){3}(?:0|[1-9a-f][0-9a-f]{0,3})(?=:)/

/**
 * Whom an address belongs to, as far as that can be told: an IPv4 address stands for itself, of an IPv6 address the
 * first 64 bits, as every subscriber has the rest to themselves.
 */
export function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip
  const plain = PLAIN_NETWORK.exec(ip)?.[0]
  if (plain !== undefined) return plain
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(ip)) return ip
  const [left = '', right] = ip.split('::')
  const groups = left === '' ? [] : left.split(':')
  if (right !== undefined) {
    const tail = right === '' ? [] : right.split(':')
    while (groups.length + tail.length < 8) groups.push('0')
    groups.push(...tail)
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
