import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { demoAccounts } from '@tikitu/local/demo-accounts'
import { startPostgres, type Postgres } from '@tikitu/local/postgres'
import { startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import { buildSchema } from 'graphql'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { graphClient } from '../src/graph.ts'
import { differences, digestOf, unfinishedIn, type Digest } from '../src/hostile/digest.ts'
import { operationsOf } from '../src/hostile/operations.ts'
import { plausibleWith } from '../src/hostile/plausible.ts'
import { senderTo } from '../src/hostile/sender.ts'
import { setStage } from '../src/hostile/stage.ts'
import {
  attemptsOn,
  describeOutcome,
  makeAttempts,
  memberOf,
  readingBack,
  type Attempt,
  type Outcome,
  type Send,
} from '../src/hostile/sweep.ts'
import { signInAs } from '../src/token/user-pool.ts'
import { until } from '../src/wait.ts'
import { filledDataDir } from './data-dir.ts'

/** CI sends a few values to each place; the soak sends all of them. */
const SOAK = Boolean(process.env['SOAK'])
const SOAK_MILLISECONDS = 30 * 60_000
/** Starting the whole system, loading its data and buying tickets takes ten times as long on a machine that has other things to do. */
const STAGE_MILLISECONDS_MAX = 240_000

/** What was not accepted is sent again, in CI one of so many: no multiple of the accounts, so that each comes up. */
const REPEATED_OF = SOAK ? 1 : 4

/** Nobody asks as much as this suite does, and what is refused for that was not tried. */
const NO_BUDGETS = Object.fromEntries(
  ['USER', 'PRIORITY'].flatMap((of) => [
    [`BUDGET_${of}_POINTS`, '1000000000'],
    [`BUDGET_${of}_POINTS_PER_SECOND`, '1000000000'],
  ]),
)

/** A buyer, a partner and an admin: between them they may call everything. */
const ACCOUNTS = ['buyer', 'promoter', 'operator'] as const

const schema = buildSchema(readFileSync(new URL(import.meta.resolve('@tikitu/schema/supergraph.graphql')), 'utf8'), {
  assumeValidSDL: true,
})

let dataDir: string
let postgres: Postgres
let system: SpawnedSystem
let databases: ReadonlyMap<string, string>
let senders: ReadonlyMap<string, Send>
let attempts: readonly Attempt[]

beforeAll(async () => {
  dataDir = await filledDataDir()
  const owned = SERVICE_NAMES.map((name) => ({ name: `${name}_db`, owner: `tikitu_${name}` }))
  postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), port: 0, durable: false, databases: owned })
  databases = new Map(owned.map(({ name }) => [name, postgres.adminUrl(name)]))
  system = await startSystem(dataDir, {
    env: {
      ...NO_BUDGETS,
      ...Object.fromEntries(
        SERVICE_NAMES.flatMap((service) => [
          [`DATABASE_URL_${service.toUpperCase()}`, postgres.url(`${service}_db`)],
          [`RELAY_URL_${service.toUpperCase()}`, postgres.relayUrl(`${service}_db`)],
        ]),
      ),
    },
  })
  const tokenOf = async (name: keyof typeof demoAccounts) =>
    (await signInAs(`http://127.0.0.1:${system.portBase + 11}`, demoAccounts[name].email)).accessToken
  const [buyer, promoter, operator, rival] = await Promise.all(
    (['buyer', 'promoter', 'operator', 'rival'] as const).map(async (name) => ({ name, token: await tokenOf(name) })),
  )
  if (!buyer || !promoter || !operator || !rival) throw new Error('nobody is here')
  senders = new Map([buyer, promoter, operator].map(({ name, token }) => [name, senderTo(system.gateway, token)]))
  const facts = await setStage({
    buyer: graphClient(system.gateway, buyer.token),
    promoter: graphClient(system.gateway, promoter.token),
    operator: graphClient(system.gateway, operator.token),
    rival: graphClient(system.gateway, rival.token),
  })
  attempts = attemptsOn(operationsOf(schema), plausibleWith(facts), ACCOUNTS, SOAK)
}, STAGE_MILLISECONDS_MAX)
afterAll(async () => {
  await system.stop()
  await postgres.stop()
  // What a service said of a failure is only in its log.
  if (failed) console.log(`The logs are kept in ${join(dataDir, 'logs')}`)
  for (const entry of readdirSync(dataDir)) {
    if (!failed || entry !== 'logs') rmSync(join(dataDir, entry), { recursive: true, force: true })
  }
  if (!failed) rmSync(dataDir, { recursive: true, force: true })
})

let failed = false
afterEach(({ task }) => {
  failed ||= task.result?.state === 'fail'
})

/** The state of all tables, once everything that was begun is finished. */
async function settled(): Promise<Digest> {
  let before: Digest = new Map()
  return until(
    'events and jobs to be finished',
    async () => {
      const { open } = await unfinishedIn(databases)
      const now = await digestOf(databases)
      const still = open === 0 && differences(before, now).length === 0
      before = now
      return still ? now : undefined
    },
    60_000,
  )
}

describe('what is hostile in any field of the graph', { timeout: SOAK_MILLISECONDS }, () => {
  const outcomes: Outcome[] = []
  let tables: readonly string[]

  it('is answered by a refusal, a coded error or a result, and nothing internal is told', async () => {
    tables = [...(await settled()).keys()]
    const notVerbatim: string[] = []
    await makeAttempts(attempts, senders, schema, async (outcome) => {
      outcomes.push(outcome)
      const difference = await readBack(outcome)
      if (difference) notVerbatim.push(difference)
    })
    console.log(summaryOf(outcomes))
    expect(outcomes.filter(({ problems }) => problems.length > 0).map(describeOutcome)).toEqual([])
    expect(notVerbatim).toEqual([])
  })

  it('comes past the door in every place, and far enough for an answer in every operation', () => {
    const doors = new Set<unknown>(['UNAUTHENTICATED', 'FORBIDDEN'])
    const byPlace = Map.groupBy(outcomes, ({ attempt }) => attempt.place.name)
    const byOperation = Map.groupBy(outcomes, ({ attempt }) => attempt.place.operation.coordinate)
    const stopped = [...byPlace].filter(([, at]) =>
      at.every(({ answer }) => answer.body?.errors?.some(({ extensions }) => doors.has(extensions?.code))),
    )
    // What is no page of ours is refused, so an operation that takes nothing else has no answer for it.
    const takesMore = (at: readonly Outcome[]) =>
      at.some(({ attempt }) => !/\b(?:first|after)$/.test(attempt.place.name))
    const unanswered = [...byOperation].filter(([, at]) => takesMore(at) && at.every(({ kind }) => kind === 'error'))
    expect([...stopped, ...unanswered].map(([name]) => name)).toEqual([])
  })

  it('takes no table away, and stops no event and no job that came of what was accepted', async () => {
    expect([...(await settled()).keys()]).toEqual(tables)
    expect(await unfinishedIn(databases)).toEqual({ open: 0, givenUp: 0 })
  })

  it('changes nothing in any database when it was not accepted', async () => {
    const refused = outcomes.filter(({ kind }) => kind !== 'accepted').map(({ attempt }) => attempt)
    const repeated = refused.filter((_attempt, index) => index % REPEATED_OF === 0)
    const before = await settled()
    const accepted: string[] = []
    await makeAttempts(repeated, senders, schema, async (outcome) => {
      if (outcome.kind === 'accepted') accepted.push(describeOutcome(outcome))
    })
    expect(accepted).toEqual([])
    expect(differences(before, await settled())).toEqual([])
  })
})

/** Asks for what an accepted mutation wrote, and says how it differs from what was sent; nothing when it does not. */
async function readBack({ attempt, answer, kind }: Outcome): Promise<string | undefined> {
  const { operation, path, scalar } = attempt.place
  const sent = attempt.hostile.value
  const member = memberOf(operation, answer.body?.data)
  const field = String(path.at(-1))
  const send = senders.get(attempt.account)
  if (kind !== 'accepted' || scalar !== 'String' || path.length !== 2 || typeof sent !== 'string' || !send) return
  const query = readingBack(operation, String(member?.['__typename']), field, schema)
  if (!query) return
  const { body } = await send(JSON.stringify({ query, variables: { id: member?.['id'] } }))
  const [found] = Object.values(body?.data ?? {}) as (Record<string, unknown> | null)[]
  // Text for people is kept without the spaces around it, and none at all is none.
  const stored = found?.[field] ?? ''
  return stored === sent.trim()
    ? undefined
    : `${attempt.place.name}: ${JSON.stringify(stored)} for ${attempt.hostile.name}`
}

function summaryOf(all: readonly Outcome[]): string {
  const kinds = [...Map.groupBy(all, ({ kind }) => kind)].map(([kind, of]) => `${of.length} ${kind}`).join(', ')
  const places = new Set(all.map(({ attempt }) => attempt.place.name)).size
  const slowest = all.toSorted((left, right) => right.answer.milliseconds - left.answer.milliseconds)[0]
  const slow = slowest ? `; slowest ${Math.round(slowest.answer.milliseconds)} ms: ${describeOutcome(slowest)}` : ''
  return `${all.length} requests to ${places} places: ${kinds}${slow}`
}
