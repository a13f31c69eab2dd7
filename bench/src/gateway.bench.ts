import { mkdtempSync, rmSync, mkdirSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readSettings } from '@tikitu/local/settings'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import { headOf, signInPeople, type SignedIn } from './gateways/callers.ts'
import { cpuOf } from './gateways/cpu.ts'
import { assertSame, exchange } from './gateways/equality.ts'
import { gatewayProgram, ISSUER_PORT, subgraphProgram, type GatewayName } from './gateways/gateways.ts'
import { startLoadGenerator, type LoadGenerator } from './gateways/load.ts'
import { clientsText, type Measurement } from './gateways/measurement.ts'
import type { Operation } from './gateways/operations.ts'
import { CLIENTS_MAX, readOptions, type Options } from './gateways/options.ts'
import { installPeers } from './gateways/peers.ts'
import { startProgram, type Running } from './gateways/processes.ts'
import { describeProfile, type ProfilerMessage } from './gateways/profile.ts'
import { figuresOf, tables } from './gateways/report.ts'
import type { Bench, BenchContext } from './harness.ts'

/** How long a gateway is loaded before it is measured: once with each operation, and then each time for a moment. */
const WARM_UP_SECONDS = { first: 3, each: 0.25 }

/** Between two loads, so that what one left behind is not charged to the next. */
const PAUSE_MILLISECONDS = 100

/** Requests of a never-seen operation that no load comes near to. */
const NUMBERS_PER_LOAD = 10_000_000

/** Answers of each operation that are compared before anything is measured. */
const COMPARED = 3

/** `pnpm bench gateway` */
export const bench: Bench = {
  title: 'Our gateway and its peers, over the same subgraphs: how many requests, how fast, and what one costs.',

  async run(context) {
    const options = await readOptions(context.args)
    const stage = await setUp(options, context)
    for (const operation of options.operations) await compareAnswers(stage, operation)
    context.say(`all gateways answer alike: ${options.operations.map(({ title }) => title).join(', ')}`)
    await warmUp(stage, options)
    const endProfile = await profile(stage, options)

    const measurements: Measurement[] = []
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const { operation, clients } of loadsOf(options)) {
        const measured: Measurement[] = []
        for (const gateway of turned(gatewaysFor(stage, operation), round)) {
          measured.push(await measure(stage, { gateway, operation, clients, round, seconds: options.seconds }))
        }
        measurements.push(...measured)
        const told = measured.map(({ gateway, requestsPerSecond }) => `${gateway} ${requestsPerSecond.toFixed(0)}/s`)
        context.say(
          `round ${round} of ${options.rounds}, ${operation.title}, ${clientsText(clients)}: ${told.join('  ')}`,
        )
      }
    }
    context.say(`\n${tables(measurements)}`)
    for (const figure of figuresOf(measurements)) context.figure(figure)
    const profiled = await endProfile()
    if (profiled !== undefined) context.say(`\n${profiled}`)
  },
}

/** Everything that runs. */
interface Stage {
  readonly subgraphs: readonly Running[]
  readonly gateways: readonly (Running & { readonly name: GatewayName })[]
  readonly people: readonly SignedIn[]
  readonly load: LoadGenerator
  /** A number for each load, so that no two ask for the same that is never seen. */
  nextNumber(): number
}

async function setUp(
  { gateways: names, portBase, cpuProfile }: Options,
  { say, cleanUp }: BenchContext,
): Promise<Stage> {
  const { dataDir } = readSettings(process.env)
  const peers = names.some((name) => name !== 'ours') ? await installPeers(join(dataDir, 'bench-peers'), say) : ''
  const directory = mkdtempSync(join(tmpdir(), 'tikitu-bench-gateway-'))
  cleanUp(() => rmSync(directory, { recursive: true, force: true }))
  const start = async (program: Parameters<typeof startProgram>[0]) => {
    const running = await startProgram(program, directory)
    cleanUp(() => running.stop())
    return running
  }

  const identitySecret = randomBytes(32).toString('hex')
  const callers = await signInPeople(CLIENTS_MAX, { dataDir: directory, port: portBase + ISSUER_PORT, identitySecret })
  cleanUp(() => callers.stop())
  const subgraphs = await Promise.all(SERVICE_NAMES.map((service) => start(subgraphProgram(service, portBase))))
  const site = {
    portBase,
    identitySecret,
    issuer: callers.issuer,
    peers,
    directory,
    isProfiled: cpuProfile !== undefined,
  }
  const gateways: (Running & { name: GatewayName })[] = []
  for (const name of names) {
    gateways.push({ ...(await start(gatewayProgram(name, site))), name })
    say(`${name} is up`)
  }
  const load = startLoadGenerator()
  cleanUp(() => load.stop())
  let loads = 0
  const nextNumber = () => {
    loads += 1
    return loads * NUMBERS_PER_LOAD
  }
  return { subgraphs, gateways, people: callers.people, load, nextNumber }
}

/** Every gateway must answer the same. Only our gateway is asked for the list of 1,000; there is nothing to compare. */
async function compareAnswers(stage: Stage, operation: Operation): Promise<void> {
  const first = stage.nextNumber()
  for (let number = first; number < first + COMPARED; number += 1) {
    const [one, ...others] = await Promise.all(
      gatewaysFor(stage, operation).map(async (gateway) => ({
        by: gateway.name,
        body: (await exchange({ port: gateway.port, head: headFor(stage, gateway) }, operation, number)).body,
      })),
    )
    if (!one) return
    assertSame(one, one, operation.title)
    for (const other of others) assertSame(one, other, operation.title)
  }
}

async function warmUp(stage: Stage, { operations, clients }: Options): Promise<void> {
  for (const operation of operations) {
    for (const gateway of gatewaysFor(stage, operation)) {
      await measure(stage, {
        gateway,
        operation,
        clients: Math.max(...clients),
        round: 0,
        seconds: WARM_UP_SECONDS.first,
      })
    }
  }
}

interface Run {
  readonly gateway: Stage['gateways'][number]
  readonly operation: Operation
  readonly clients: number
  readonly round: number
  readonly seconds: number
}

async function measure(stage: Stage, { gateway, operation, clients, round, seconds }: Run): Promise<Measurement> {
  await delay(PAUSE_MILLISECONDS)
  const subgraphPids = stage.subgraphs.map(({ pid }) => pid)
  const look = () => ({ gateway: cpuOf([gateway.pid]), subgraphs: cpuOf(subgraphPids) })
  let before = look()
  let after = before
  const result = await stage.load
    .run(
      {
        port: gateway.port,
        operation: operation.name,
        headers: stage.people.slice(0, clients).map((person) => headOf(person, gateway.name === 'ours')),
        firstNumber: stage.nextNumber(),
        warmUpSeconds: WARM_UP_SECONDS.each,
        seconds,
      },
      { begun: () => (before = look()), ended: () => (after = look()) },
    )
    .catch((error: unknown) => {
      throw new Error(`${gateway.name}, ${operation.title}, ${clientsText(clients)}`, { cause: error })
    })
  for (const kept of result.kept) {
    await compareKept(stage, gateway, operation, kept).catch((error: unknown) => {
      throw new Error(`${gateway.name} gave a wrong answer under load. It logged last:\n${gateway.lastWords()}`, {
        cause: error,
      })
    })
  }
  return {
    gateway: gateway.name,
    operation,
    clients,
    round,
    requestsPerSecond: result.requests / result.seconds,
    p50: result.p50,
    p99: result.p99,
    gatewayCpu: (after.gateway - before.gateway) / result.requests,
    subgraphsCpu: (after.subgraphs - before.subgraphs) / result.requests,
    loadShare: result.cpuMilliseconds / 1000 / result.seconds,
  }
}

/** What a gateway answered under load must be what it, or another, answers when it has nothing else to do. */
async function compareKept(
  stage: Stage,
  gateway: Run['gateway'],
  operation: Operation,
  { number, body }: { number: number; body: string },
): Promise<void> {
  const other = gatewaysFor(stage, operation).find(({ name }) => name !== gateway.name) ?? gateway
  const calm = await exchange({ port: other.port, head: headFor(stage, other) }, operation, number)
  assertSame({ by: `${gateway.name} under load`, body }, { by: other.name, body: calm.body }, operation.title)
}

function headFor({ people }: Stage, { name }: { name: GatewayName }): string {
  const [person] = people
  if (!person) throw new Error('Nobody signed in.')
  return headOf(person, name === 'ours')
}

/** The proxy knows one subgraph; and how the cost grows with the list is only asked of ours. */
function gatewaysFor({ gateways }: Stage, { name: operation }: Operation): Stage['gateways'] {
  if (operation === 'deep-1000') return gateways.filter(({ name }) => name === 'ours')
  return operation === 'one' ? gateways : gateways.filter(({ name }) => name !== 'proxy')
}

/** The list of 1,000 is compared with that of 50 at one number of clients. */
function loadsOf({ operations, clients }: Options): { operation: Operation; clients: number }[] {
  return operations.flatMap((operation) =>
    clients
      .filter((count) => operation.name !== 'deep-1000' || count === 16)
      .map((count) => ({ operation, clients: count })),
  )
}

/** Another one is first in each round. */
function turned<T>(items: readonly T[], by: number): T[] {
  const start = by % Math.max(1, items.length)
  return [...items.slice(start), ...items.slice(0, start)]
}

/** Begins to profile our gateway if that was asked for; what it returns ends that and describes what was found. */
async function profile({ gateways }: Stage, { cpuProfile }: Options): Promise<() => Promise<string | undefined>> {
  const ours = gateways.find(({ name }) => name === 'ours')
  if (cpuProfile === undefined || !ours) return () => Promise.resolve(undefined)
  const directory = resolve(cpuProfile)
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `gateway-${Date.now()}.cpuprofile`)
  const tell = (message: ProfilerMessage, answer: string) => ours.ask(message, answer)
  await tell({ profile: 'start' }, 'started')
  return async () => {
    await tell({ profile: 'stop', file }, 'written')
    return describeProfile(file)
  }
}
