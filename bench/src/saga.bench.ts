import { parseArgs } from 'node:util'
import { anonymous } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { servicePort } from '@tikitu/schema/services'
import { audit } from './booking/audit.ts'
import { anEvent, aSeller, type OnSale } from './booking/world.ts'
import { cpuOf } from './gateways/cpu.ts'
import type { Bench } from './harness.ts'
import { buy, percentile } from './saga/buying.ts'
import { outcomeOf } from './saga/outcome.ts'
import { setUp, type Stage } from './saga/stage.ts'

/** `pnpm bench saga` */
export const bench: Bench = {
  title: 'Purchases from checkout to tickets: how many a second, and how long tickets take once the money is there.',

  async run(context) {
    const { rate, seconds, together } = optionsIn(context.args)
    const stage = await setUp(context)
    const sale = await anEvent(stage.booking, await aSeller(stage.booking))
    // So that nothing is measured that happens only once in the life of a process.
    await round(stage, sale, { count: rate, perSecond: rate / 2, together })

    const before = cpuByProgram(stage)
    const rated = await round(stage, sale, { count: rate * seconds, perSecond: rate, together })
    const spent = [...cpuByProgram(stage)].map(([name, cpu]) => [name, cpu - (before.get(name) ?? 0)] as const)
    const name = (what: string) => `${rate} purchases/s: ${what}`
    for (const [answer, count] of Object.entries(rated.wrong)) context.say(`${count} × ${answer}`)
    for (const figure of [
      { name: name('bookings with tickets'), value: rated.ticketed, unit: '', goal: { atLeast: rate * seconds } },
      { name: name('paid to ticket, p50'), value: percentile(rated.waits, 0.5), unit: 'ms' },
      { name: name('paid to ticket, p99'), value: percentile(rated.waits, 0.99), unit: 'ms', goal: { atMost: 100 } },
      { name: name('paid to ticket, longest'), value: percentile(rated.waits, 1), unit: 'ms' },
      { name: name('answer to who pays, p50'), value: rated.paying.p50, unit: 'ms' },
      { name: name('answer to who pays, p99'), value: rated.paying.p99, unit: 'ms' },
      ...spent.map(([program, cpu]) => ({
        name: name(`CPU of ${program} per purchase`),
        value: cpu / (rate * seconds),
        unit: 'ms',
      })),
    ])
      context.figure(figure)

    const saturated = await round(stage, sale, { count: rate * seconds, together })
    context.figure({
      name: `${together} buyers without a pause: bookings from checkout to tickets`,
      value: saturated.ticketed / saturated.seconds,
      unit: '1/s',
    })
    context.figure({
      name: `${together} buyers without a pause: paid to ticket, p99`,
      value: percentile(saturated.waits, 0.99),
      unit: 'ms',
    })
    await audit({ stage: stage.booking, context })
  },
}

/** `--rate 100 --seconds 20 --together 32`. Throws with what is allowed. */
function optionsIn(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '20' },
      together: { type: 'string', default: '32' },
    },
  })
  const whole = (option: keyof typeof values, max: number) => {
    const number = Number(values[option])
    if (Number.isInteger(number) && number >= 1 && number <= max) return number
    throw new Error(`--${option}: expected a whole number from 1 to ${max}.`)
  }
  return { rate: whole('rate', 1_000), seconds: whole('seconds', 60), together: whole('together', 500) }
}

async function round(
  stage: Stage,
  sale: OnSale,
  { count, ...pace }: { readonly count: number; readonly perSecond?: number; readonly together: number },
) {
  const { portBase, identitySecret } = stage
  const holds = await hold(stage, sale, count)
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

/** Processor time of each process so far, in milliseconds. */
function cpuByProgram({ pids }: Stage): Map<string, number> {
  return new Map([...pids].map(([name, pid]) => [name, cpuOf([pid])]))
}
