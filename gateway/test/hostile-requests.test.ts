import { fc } from '@tikitu/runtime/testing/properties'
import { startTestPool, type TestPool } from '@tikitu/runtime/testing/cognito'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attempts, type Attempt } from './hostile/attempts.ts'
import { startGatewayProcess, type GatewayProcess } from './hostile/gateway-process.ts'
import { problemWith } from './hostile/judge.ts'
import { send } from './hostile/send.ts'
import { principalRoutes, principalWorld } from './principals.ts'
import { IDENTITY_SECRET, startSubgraphs, type Subgraphs } from './subgraphs.ts'

/** CI sends a tenth of what the soak sends. */
const REQUESTS = process.env['SOAK'] ? 10_000 : 1_000
const REQUESTS_MILLISECONDS_MAX = 20 * 60_000

/** Change it to see others; the same number sends the same. */
const SEED = Number(process.env['SEED'] ?? 20_261_122)

/** How many are under way at once. */
const SENDERS = 16

/**
 * What may be held more after everything was sent a second time. Documents are remembered up to a number, so what is new
 * to the gateway may leave something behind; what it has seen before may not.
 */
const GROWTH_BYTES_MAX = 8 * 1024 * 1024

/** Nobody asks as much as this suite does, and what is refused for that was not tried. */
const NO_BUDGETS = {
  BUDGET_ANONYMOUS_POINTS: '1000000000',
  BUDGET_ANONYMOUS_POINTS_PER_SECOND: '1000000000',
  BUDGET_PRIORITY_POINTS: '1000000000',
  BUDGET_PRIORITY_POINTS_PER_SECOND: '1000000000',
}

let gateway: GatewayProcess
let subgraphs: Subgraphs
let pool: TestPool
beforeAll(async () => {
  ;[subgraphs, pool] = await Promise.all([startSubgraphs(principalRoutes(principalWorld())), startTestPool()])
  gateway = await startGatewayProcess({
    // As in production, but that the test's own issuer is believed.
    NODE_ENV: 'test',
    LOG_LEVEL: 'error',
    IDENTITY_SECRET,
    ...NO_BUDGETS,
    ...pool.env,
    ...Object.fromEntries(
      Object.entries(subgraphs.urls).map(([name, url]) => [`SERVICE_URL_${name.toUpperCase()}`, url]),
    ),
  })
})
afterAll(async () => {
  await gateway?.stop()
  await Promise.all([subgraphs?.close(), pool?.stop()])
})

/** Sends them all, several at once, and says what was wrong with the answers. */
async function sendAll(some: readonly Attempt[]): Promise<string[]> {
  const problems: string[] = []
  const left = some.values()
  const sendRest = async () => {
    for (const each of left) {
      const answer = await send(gateway.port, each)
      const problem = problemWith(answer)
      if (problem) problems.push(`${each.kind}: ${problem}\n${shown(each)}\n→ ${answer.text.slice(0, 800)}`)
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sendRest))
  return problems
}

const shown = ({ chunks }: Attempt) =>
  JSON.stringify(
    Buffer.concat([...chunks])
      .toString('latin1')
      .slice(0, 600),
  )

describe(`${REQUESTS} malformed, hostile or oversized requests`, { timeout: REQUESTS_MILLISECONDS_MAX }, () => {
  it('are refused by coded errors, and the gateway neither falls, grows, complains nor tells anything internal', async () => {
    const all = fc.sample(attempts, { numRuns: REQUESTS / 2, seed: SEED })
    expect((await sendAll(all)).slice(0, 20)).toEqual([])
    const before = await gateway.holdings()
    expect((await sendAll(all)).slice(0, 20)).toEqual([])
    const after = await gateway.holdings()

    expect(gateway.ended()).toBeUndefined()
    expect(gateway.lines).toEqual([])
    expect(after.heapBytes - before.heapBytes).toBeLessThan(GROWTH_BYTES_MAX)
    expect(after.resources - before.resources).toBeLessThan(SENDERS)
  })

  it('leave it answering everybody else', async () => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ events(first: 1) { edges { node { title } } } }' }),
    })
    expect(await response.json()).toMatchObject({ data: { events: { edges: [{ node: { title: 'Concert 1' } }] } } })
  })
})
