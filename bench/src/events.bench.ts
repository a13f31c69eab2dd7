import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '@tikitu/local/postgres'
import { HOW_TO_GET_RABBITMQ, rabbitmqIsInstalled, startRabbitmq } from '@tikitu/local/rabbitmq'
import { REPOSITORY } from '@tikitu/local/settings'
import { migrateDatabase } from '@tikitu/runtime/database'
import pg from 'pg'
import { median, turned } from './booking/rounds.ts'
import type { BusName, Place } from './events/buses.ts'
import { startContender, type Contender } from './events/contender.ts'
import type { Bench, BenchContext } from './harness.ts'

/** The rate at which latency is measured, and the goal of the transports when it is about the rate, in events a second. */
const PACE = 100
const GOAL = 1_000

/** Events of a slot that is about the rate, and of the one before it all that only warms up. */
const RATE_EVENTS = 4_000
const WARM_EVENTS = 500

/** `pnpm bench events` */
export const bench: Bench = {
  title: 'Events from a commit in one service to handled and committed in another, by each transport and by pg-boss.',

  async run(context) {
    const { rounds, seconds } = optionsOf(context.args)
    const contenders = await setUp(context)
    const reached = contenders.map(([name, contender]) => ({
      name,
      contender,
      p50: [] as number[],
      p99: [] as number[],
      rates: [] as number[],
    }))
    for (const { contender } of reached) await contender.rate(WARM_EVENTS)
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, contender, p50, p99, rates } of turned(reached, round)) {
        const latencies = (await contender.latencies(PACE * seconds, PACE)).toSorted((one, other) => one - other)
        p50.push(at(latencies, 0.5))
        p99.push(at(latencies, 0.99))
        rates.push(await contender.rate(RATE_EVENTS))
        context.say(
          `round ${round}, ${name}: ${last(p50).toFixed(1)} / ${last(p99).toFixed(1)} ms p50 / p99, ${last(rates).toFixed(0)} a second`,
        )
      }
    }
    for (const { name, p50, p99, rates } of reached) {
      const isOurs = name !== 'pg-boss'
      context.figure({ name: `${name}, latency at ${PACE}/s, p50`, value: median(p50), unit: 'ms' })
      context.figure({ name: `${name}, latency at ${PACE}/s, p99`, value: median(p99), unit: 'ms' })
      context.figure({
        name: `${name}, saturated`,
        value: median(rates),
        unit: '1/s',
        ...(isOurs ? { goal: { atLeast: GOAL } } : {}),
      })
    }
  },
}

const last = (values: readonly number[]) => values.at(-1) ?? NaN
const at = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? NaN

function optionsOf(args: readonly string[]): { rounds: number; seconds: number } {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '5' } },
  })
  const whole = (name: 'rounds' | 'seconds') => {
    const number = Number(values[name])
    if (Number.isInteger(number) && number >= 1 && number <= 60) return number
    throw new Error(`--${name}: expected a whole number from 1 to 60.`)
  }
  return { rounds: whole('rounds'), seconds: whole('seconds') }
}

/** A durable server with two databases for each bus, and a broker where there is one. */
async function setUp({ say, cleanUp }: BenchContext): Promise<[BusName, Contender][]> {
  const directory = mkdtempSync(join(tmpdir(), 'tikitu-bench-events-'))
  cleanUp(() => rmSync(directory, { recursive: true, force: true }))
  const names: BusName[] = rabbitmqIsInstalled() ? ['postgres', 'rabbitmq', 'pg-boss'] : ['postgres', 'pg-boss']
  if (!names.includes('rabbitmq')) say(`without rabbitmq. ${HOW_TO_GET_RABBITMQ}`)
  const databaseOf = (name: BusName, end: 'a' | 'b') => `${name.replace('-', '')}_${end}`
  const postgres = await startPostgres({
    dataDir: join(directory, 'postgres'),
    port: 0,
    durable: true,
    databases: names.flatMap((name) => [
      { name: databaseOf(name, 'a'), owner: 'tikitu_booking' },
      { name: databaseOf(name, 'b'), owner: 'tikitu_payment' },
    ]),
  })
  cleanUp(() => postgres.stop())
  let rabbitmqUrl = ''
  if (names.includes('rabbitmq')) {
    const broker = await startRabbitmq(join(directory, 'rabbitmq'))
    cleanUp(() => broker.stop())
    await broker.ready()
    rabbitmqUrl = broker.url
  }

  const contenders: [BusName, Contender][] = []
  for (const bus of names) {
    const place: Place = {
      bus,
      publisherUrl: postgres.url(databaseOf(bus, 'a')),
      consumerUrl: postgres.url(databaseOf(bus, 'b')),
      relayUrl: postgres.relayUrl(databaseOf(bus, 'b')),
      rabbitmqUrl,
    }
    await prepare(place)
    contenders.push([bus, await startContender(place, cleanUp)])
  }
  say('the servers and both ends of every bus are up')
  return contenders
}

/** The tables that every service has, and where the effects of events are counted. */
async function prepare({ publisherUrl, consumerUrl }: Place): Promise<void> {
  const migrations = join(REPOSITORY, 'drizzle/user')
  for (const url of [publisherUrl, consumerUrl]) await migrateDatabase(url, migrations)
  const client = new pg.Client({ connectionString: consumerUrl })
  await client.connect()
  await client.query('create table effects (n int not null); create table handled_jobs (id uuid primary key)')
  await client.end()
}
