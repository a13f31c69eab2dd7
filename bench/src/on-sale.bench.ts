import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cpuOf } from './gateways/cpu.ts'
import type { Bench, BenchContext } from './harness.ts'
import { arrivalsOf } from './on-sale/arrivals.ts'
import { signInBuyers } from './on-sale/buyers.ts'
import { send, type Turnout } from './on-sale/crowd.ts'
import { aStadiumEvent, seatsHeld, STADIUM_SEATS, violationsIn } from './on-sale/stadium.ts'
import { setUp, type Stage } from './on-sale/stage.ts'

/** Connections that the crowd has at most unless said: each browser has its own, but not all wait at once. */
const CONNECTIONS = 2_000

/** A process may have some more open files than this, as most systems are set up. */
const CONNECTIONS_MAX = 16_000

/** A system has its ports above this one. */
const PORT_BASE_MAX = 65_000

/** `pnpm bench on-sale` */
export const bench: Bench = {
  title: `A real on-sale replayed second by second through the gateway: every buyer is signed in and another one, and the stadium has ${STADIUM_SEATS} seats.`,

  async run(context) {
    const { scales, portBase, connections } = readOptions(context.args)
    const stage = await setUp(context, portBase)
    for (const scale of scales) await replay(stage, scale, connections, context)
    const violations = await violationsIn(stage)
    for (const { invariant, violations: count } of violations) context.say(`${count}: ${invariant}`)
    const value = violations.reduce((sum, { violations: count }) => sum + count, 0)
    context.figure({ name: 'audit of the inventory: violations', value, unit: '', goal: { atMost: 0 } })
  },
}

interface Options {
  readonly scales: readonly number[]
  readonly portBase: number | undefined
  readonly connections: number
}

/**
 * `--scales 1,10,50`: how many times the real crowd comes, one after the other and each to an event of its own.
 * `--connections 2000`: how many buyers wait for an answer at once, each on a connection of their own.
 * `--port-base 35000`: where the ports of the system begin; free ones unless said.
 */
function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scales: { type: 'string', default: '1,10,50' },
      connections: { type: 'string', default: String(CONNECTIONS) },
      'port-base': { type: 'string' },
    },
  })
  const scales = values.scales.split(',').map(Number)
  if (!scales.every((scale) => Number.isInteger(scale) && scale >= 1 && scale <= 50))
    throw new Error('--scales: expected whole numbers from 1 to 50, separated by commas.')
  const portBase = values['port-base'] === undefined ? undefined : Number(values['port-base'])
  if (portBase !== undefined && !(Number.isInteger(portBase) && portBase >= 1024 && portBase <= PORT_BASE_MAX))
    throw new Error(`--port-base: expected a whole number from 1024 to ${PORT_BASE_MAX}.`)
  const connections = Number(values.connections)
  if (!(Number.isInteger(connections) && connections >= 1 && connections <= CONNECTIONS_MAX))
    throw new Error(`--connections: expected a whole number from 1 to ${CONNECTIONS_MAX}.`)
  return { scales, portBase, connections }
}

async function replay(stage: Stage, scale: number, connections: number, context: BenchContext): Promise<void> {
  const { system, dataDir, postgres } = stage
  const buyers = arrivalsOf(scale).length
  const tokens = join(dataDir, `buyers-${scale}`)
  const usersUrl = postgres.adminUrl('user_db')
  context.say(`\n×${scale}: ${buyers} buyers sign in`)
  // To begin takes a second in each process, so it is not done at the opening.
  stage.profile()
  await signInBuyers(buyers, { dataDir, usersUrl, file: tokens, say: context.say })
  const { eventId, ticketTypeIds } = await aStadiumEvent(stage)
  const before = cpuByProcess(stage)
  const turnout = await send({
    port: system.portBase,
    tokens,
    scale,
    eventId,
    ticketTypeIds,
    connections,
  })
  const spent = [...cpuByProcess(stage)].map(([process, cpu]) => [process, cpu - (before.get(process) ?? 0)] as const)
  spent.push(['the crowd itself', turnout.cpuMilliseconds])
  stage.profile()
  const lost = Math.abs((await seatsHeld(stage, eventId)) - turnout.seats)
  tellOf(turnout, context)
  const name = (what: string) => `×${scale}, ${what}`
  const {
    answers,
    serverErrors,
    broken,
    seats,
    sentAway,
    sentAwayP50,
    sentAwayP99,
    firstP50,
    firstP99,
    p50,
    p99,
    max,
    seconds,
  } = turnout
  for (const figure of [
    { name: name('reservations'), value: buyers, unit: '' },
    { name: name('holds'), value: answers['Hold'] ?? 0, unit: '' },
    { name: name('seats held'), value: seats, unit: '' },
    { name: name('answers per second'), value: buyers / seconds, unit: '1/s' },
    { name: name('until the last answer'), value: seconds, unit: 's' },
    { name: name('told to come again'), value: sentAway, unit: '' },
    { name: name('p50, from the request to being told to come again'), value: sentAwayP50, unit: 'ms' },
    { name: name('p99, from the request to being told to come again'), value: sentAwayP99, unit: 'ms' },
    { name: name('p50, from the arrival to any answer'), value: firstP50, unit: 'ms' },
    { name: name('p99, from the arrival to any answer'), value: firstP99, unit: 'ms' },
    { name: name('p50, from the arrival to the last answer'), value: p50, unit: 'ms' },
    { name: name('p99, from the arrival to the last answer'), value: p99, unit: 'ms' },
    { name: name('longest'), value: max, unit: 'ms' },
    ...Object.entries(answers)
      .filter(([kind]) => kind !== 'Hold')
      .map(([kind, value]) => ({ name: name(`refused: ${kind}`), value, unit: '' })),
    ...Object.entries(broken).map(([how, value]) => ({
      name: name(`connections that broke: ${how}`),
      value,
      unit: '',
    })),
    ...spent
      .filter(([, cpu]) => cpu / buyers >= 0.01)
      .map(([process, cpu]) => ({ name: name(`CPU of ${process} per reservation`), value: cpu / buyers, unit: 'ms' })),
    { name: name('answers of 5xx'), value: serverErrors, unit: '', goal: { atMost: 0 } },
    { name: name('seats that answers and inventory differ by'), value: lost, unit: '', goal: { atMost: 0 } },
  ])
    context.figure(figure)
}

/** Processor time of each process of the system so far, in milliseconds. */
function cpuByProcess({ system, postmaster }: Stage): Map<string, number> {
  const processes = [...system.children(), ['postgres', postmaster] as const]
  return new Map(processes.map(([name, pid]) => [name, cpuOf([pid])]))
}

const BAR_MAX = 40

function tellOf({ bySecond, answers }: Turnout, { say }: BenchContext): void {
  const most = Math.max(...bySecond.map(({ arrived }) => arrived))
  bySecond.forEach(({ arrived, held, p50 }, second) => {
    const bar = '#'.repeat(Math.round((arrived / most) * BAR_MAX)).padEnd(BAR_MAX)
    say(`second ${String(second).padStart(2)}  ${bar} ${arrived} came, ${held} holds, p50 ${p50.toFixed(0)} ms`)
  })
  say(`answers: ${JSON.stringify(answers)}`)
}
