import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { anonymous } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { SERVICE_NAMES, servicePort } from '@tikitu/schema/services'
import { audit } from './booking/audit.ts'
import { anEvent, aSeller, type OnSale } from './booking/world.ts'
import type { Bench, BenchContext, Goal } from './harness.ts'
import { buy, percentile } from './saga/buying.ts'
import { expenseOf, forgetStatements, spentBetween, statementsOf, total, type Spent } from './saga/expense.ts'
import { outcomeOf } from './saga/outcome.ts'
import { setUp, type Stage } from './saga/stage.ts'

/** How long a system without buyers is watched, in seconds. */
const IDLE_SECONDS = 5

/** How long what the warm-up has left to do in the background is given to end, in seconds. */
const QUIET_SECONDS = 4

/** How long the warm-up lasts, in seconds, and at which share of the first rate it begins. */
const WARM_UP = { seconds: 4, share: 0.5 }

/** `pnpm bench saga` */
export const bench: Bench = {
  title: 'Purchases from checkout to tickets: how many a second, and how long tickets take once the money is there.',

  async run(context) {
    const { rates, seconds, together, statements } = optionsIn(context.args)
    const stage = await setUp(context)
    const sale = await anEvent(stage.booking, await aSeller(stage.booking))
    // So that nothing is measured that happens only once in the life of a process.
    const gently = Math.max(1, Math.round((rates[0] ?? 1) * WARM_UP.share))
    await round(stage, sale, { count: gently * WARM_UP.seconds, perSecond: gently, together })
    const idle = await idleExpense(stage, context)
    for (const rate of rates) await rated({ stage, sale, context, idle }, { rate, seconds, together })
    if (statements > 0) await tellStatements(stage, context, statements)
    if (together > 0)
      await saturated({ stage, sale, context, idle }, { count: (rates.at(-1) ?? 1) * seconds, together })
    await audit({ stage: stage.booking, context })
  },
}

/** `--rates 10,25,50,100 --seconds 10 --together 32 --statements 0`. Throws with what is allowed. */
function optionsIn(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rates: { type: 'string', default: '10,25,50,100' },
      seconds: { type: 'string', default: '10' },
      together: { type: 'string', default: '32' },
      statements: { type: 'string', default: '0' },
    },
  })
  const whole = (option: keyof typeof values, given: string, min: number, max: number) => {
    const number = Number(given)
    if (Number.isInteger(number) && number >= min && number <= max) return number
    throw new Error(`--${option}: expected a whole number from ${min} to ${max}.`)
  }
  return {
    /** Purchases a second, one after the other. */
    rates: values.rates.split(',').map((rate) => whole('rates', rate, 1, 1_000)),
    /** How long each is kept up. */
    seconds: whole('seconds', values.seconds, 1, 60),
    /** How many buy without a pause at the end; 0 leaves that out. */
    together: whole('together', values.together, 0, 500),
    /** So many of the statements that were run most are listed for each service. */
    statements: whole('statements', values.statements, 0, 100),
  }
}

/** What is common to the parts of a run. */
interface Measuring {
  readonly stage: Stage
  readonly sale: OnSale
  readonly context: BenchContext
  /** What the system costs when nobody buys. */
  readonly idle: Spent
}

async function idleExpense(stage: Stage, context: BenchContext): Promise<Spent> {
  await pause(QUIET_SECONDS * 1_000)
  const before = await expenseOf(stage)
  await pause(IDLE_SECONDS * 1_000)
  const idle = spentBetween(before, await expenseOf(stage))
  for (const [name, cpu] of idle.cpu) {
    context.figure({ name: `nobody buys: CPU of ${name} in a second`, value: cpu / idle.seconds, unit: 'ms' })
  }
  context.figure({ name: 'nobody buys: CPU of all in a second', value: total(idle.cpu) / idle.seconds, unit: 'ms' })
  context.figure({
    name: 'nobody buys: statements in a second',
    value: total(idle.statements) / idle.seconds,
    unit: '',
  })
  return idle
}

interface Pace {
  readonly rate: number
  readonly seconds: number
  readonly together: number
}

/** Buyers who come at their time, whether or not those before were served. */
async function rated({ stage, sale, context, idle }: Measuring, { rate, seconds, together }: Pace): Promise<void> {
  const count = rate * seconds
  const holds = await hold(stage, sale, count)
  await forgetStatements(stage)
  const before = await expenseOf(stage)
  const bought = await purchases(stage, holds, { perSecond: rate, together })
  const spent = spentBetween(before, await expenseOf(stage))
  const name = (what: string) => `${rate} purchases/s: ${what}`
  for (const [answer, times] of Object.entries(bought.wrong)) context.say(`${times} × ${answer}`)
  const figure = (what: string, value: number, unit: string, goal?: Goal) =>
    context.figure({ name: name(what), value, unit, ...(goal ? { goal } : {}) })
  // By those that got their tickets: what the others cost is the price of being too slow.
  const net = (all: number, background: number) =>
    (all - (background / idle.seconds) * spent.seconds) / Math.max(1, bought.ticketed)

  figure('bookings with tickets', bought.ticketed, '', { atLeast: count })
  figure('achieved', bought.ticketed / bought.seconds, '1/s', { atLeast: rate * 0.95 })
  figure('paid to ticket, p50', percentile(bought.waits, 0.5), 'ms')
  figure('paid to ticket, p99', percentile(bought.waits, 0.99), 'ms', { atMost: 100 })
  figure('paid to ticket, longest', percentile(bought.waits, 1), 'ms')
  figure('answer to who pays, p50', bought.paying.p50, 'ms')
  figure('answer to who pays, p99', bought.paying.p99, 'ms')
  for (const [program, cpu] of spent.cpu) {
    figure(`CPU of ${program} per purchase`, net(cpu, idle.cpu.get(program) ?? 0), 'ms')
  }
  figure('CPU of all per purchase', net(total(spent.cpu), total(idle.cpu)), 'ms')
  for (const [service, statements] of spent.statements) {
    figure(`statements in ${service} per purchase`, net(statements, idle.statements.get(service) ?? 0), '')
    figure(
      `transactions in ${service} per purchase`,
      net(spent.commits.get(service) ?? 0, idle.commits.get(service) ?? 0),
      '',
    )
  }
}

async function tellStatements(stage: Stage, context: BenchContext, max: number): Promise<void> {
  for (const service of SERVICE_NAMES) {
    for (const { calls, milliseconds, query } of await statementsOf(stage, service, max)) {
      context.say(`${service}: ${calls} × ${(milliseconds / calls).toFixed(3)} ms  ${query.slice(0, 160)}`)
    }
  }
}

/** Buyers who come when one before is done. */
async function saturated(
  { stage, sale, context }: Measuring,
  { count, together }: { readonly count: number; readonly together: number },
): Promise<void> {
  const bought = await round(stage, sale, { count, together })
  const figure = (what: string, value: number, unit: string) =>
    context.figure({ name: `${together} buyers without a pause: ${what}`, value, unit })
  figure('bookings from checkout to tickets', bought.ticketed / bought.seconds, '1/s')
  figure('paid to ticket, p99', percentile(bought.waits, 0.99), 'ms')
}

async function round(
  stage: Stage,
  sale: OnSale,
  { count, ...pace }: { readonly count: number; readonly perSecond?: number; readonly together: number },
) {
  return purchases(stage, await hold(stage, sale, count), pace)
}

/** All of them buy what they hold. */
async function purchases(
  stage: Stage,
  holds: readonly { readonly id: string; readonly userId: string }[],
  pace: { readonly perSecond?: number; readonly together: number },
) {
  const { portBase, identitySecret } = stage
  const ports = { booking: servicePort(portBase, 'booking'), payment: servicePort(portBase, 'payment') }
  const bought = await buy({ ports, identitySecret, holds, instrument: 'tok_success', ...pace })
  const ids = holds.map(({ id }) => id)
  return { ...bought, ...(await outcomeOf(stage, ids)) }
}

const HOLD = `mutation ($input: HoldGeneralAdmissionInput!) { hold: holdGeneralAdmission(input: $input) { ... on Hold { id } } }`

/** Holds that are asked for at once. */
const HOLDS_TOGETHER = 32

/** So many buyers hold a ticket each; how fast that is, another bench measures. */
async function hold({ booking }: Stage, { eventId, admissionTypeId }: OnSale, count: number) {
  const holds: { id: string; userId: string }[] = []
  const waiting = Array.from({ length: count }, () => newId()).values()
  const buyer = async () => {
    for (const userId of waiting) {
      const input = { eventId, ticketTypeId: admissionTypeId, quantity: 1, idempotencyKey: newId() }
      const identity = { ...anonymous('bench'), kind: 'user' as const, subject: userId, userId }
      const answer = await booking.ask(identity, HOLD, { input })
      holds.push({ id: (answer['hold'] as { id: string }).id, userId })
    }
  }
  await Promise.all(Array.from({ length: HOLDS_TOGETHER }, buyer))
  return holds
}
