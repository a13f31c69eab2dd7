import { rmSync } from 'node:fs'
import { startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operation } from '../src/demo/operations.ts'
import { purchase, type People } from '../src/demo/purchase.ts'
import type { Narrator } from '../src/demo/steps.ts'
import { graphClient } from '../src/graph.ts'
import { signedIn } from '../src/seed/accounts.ts'
import { STADIUM_EVENT_TITLE } from '../src/seed/programme.ts'
import { comesBack, nothingRuns, violations } from './aftermath.ts'
import { filledDataDir } from './data-dir.ts'
import { runDemo } from './demo-process.ts'
import { pidOf } from './victims.ts'

/** The whole system, started as `pnpm start` starts it, over a database of its own. */
let system: SpawnedSystem
let dataDir: string

beforeAll(async () => {
  dataDir = await filledDataDir()
  system = await startSystem(dataDir)
})
afterAll(async () => {
  await system.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const silent: Narrator = { step: (_title, work) => work() }
const issuer = () => `http://127.0.0.1:${system.portBase + 11}`

async function people(): Promise<People> {
  const [buyer, rival, promoter] = await Promise.all(
    (['buyer', 'rival', 'promoter'] as const).map((name) => signedIn(name, system.gateway, issuer())),
  )
  if (!buyer || !rival || !promoter) throw new Error('nobody is here')
  return { buyer, rival, promoter }
}

async function buy(): Promise<void> {
  await purchase(await people(), { eventTitle: STADIUM_EVENT_TITLE }, silent, () => undefined)
}

describe('the whole system', () => {
  it('sells a ticket, lets its holder in, and gives the money of another back', async () => {
    await buy()
    expect(await violations(system)).toEqual([])
  })

  it('has 136 venues, and a stadium of 39,264 seats on sale in two categories and standing room', async () => {
    const anybody = graphClient(system.gateway)
    let venues = 0
    for (let after: string | null = null; ;) {
      type Page = { venues: { edges: unknown[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } }
      const page: Page = await anybody<Page>(
        'query Venues($after: String) { venues(first: 100, after: $after) { edges { cursor } pageInfo { hasNextPage endCursor } } }',
        { after },
      )
      venues += page.venues.edges.length
      if (!page.venues.pageInfo.hasNextPage) break
      after = page.venues.pageInfo.endCursor
    }
    expect(venues).toBe(136)
    type Events = {
      events: { edges: { node: { id: string; sections: { seats: number }[]; ticketTypes: { seated: boolean }[] } }[] }
    }
    const { events } = await anybody<Events>(
      'query Stadium($text: String) { events(first: 1, filter: { text: $text }) { edges { node { id sections { seats } ticketTypes { seated } } } } }',
      { text: STADIUM_EVENT_TITLE },
    )
    const stadium = events.edges[0]?.node
    expect(stadium?.sections.reduce((sum, { seats }) => sum + seats, 0)).toBe(39_264)
    expect(stadium?.ticketTypes.filter(({ seated }) => seated)).toHaveLength(2)
    expect(stadium?.ticketTypes.filter(({ seated }) => !seated)).toHaveLength(1)
  })

  it('shows a buyer nothing of another buyer', async () => {
    const { buyer, rival } = await people()
    const query = 'query Mine { bookings(first: 1) { edges { node { id } } } }'
    const mine = await buyer<{ bookings: { edges: { node: { id: string } }[] } }>(query)
    const id = mine.bookings.edges[0]?.node.id
    expect(id).toBeDefined()
    expect((await rival<{ booking: unknown }>(operation('BookingAcrossServices'), { id })).booking).toBeNull()
  })
})

describe('what is wrong is refused, and changes nothing', () => {
  const send = (body: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(`${system.gateway}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
  const codesOf = async (response: Response) =>
    ((await response.json()) as { errors: { extensions: { code: string } }[] }).errors.map(
      ({ extensions }) => extensions.code,
    )

  it('a token that is not ours', async () => {
    const response = await send(JSON.stringify({ query: '{ me { id } }' }), { authorization: 'Bearer nonsense' })
    expect([response.status, await codesOf(response)]).toEqual([401, ['UNAUTHENTICATED']])
  })

  it('malformed GraphQL, and a body of ten megabytes', async () => {
    expect(await codesOf(await send(JSON.stringify({ query: '{ events(' })))).toEqual(['BAD_USER_INPUT'])
    const huge = await send(JSON.stringify({ query: `{ me { id } } # ${'x'.repeat(10_000_000)}` }))
    expect([huge.status, await codesOf(huge)]).toEqual([413, ['BAD_USER_INPUT']])
  })

  it('an event that there is not', async () => {
    const { buyer } = await people()
    const input = { eventId: '00000000-0000-7000-8000-000000000000', seatIds: ['x'], idempotencyKey: 'no-such-event' }
    const { holdSeats } = await buyer<{ holdSeats: unknown }>(operation('HoldSeats'), { input })
    expect(holdSeats).toMatchObject({ __typename: 'EventNotFound' })
  })
})

describe('a process that is killed in the middle of the demo', () => {
  // Those that hold the money and the seats; killed.e2e.test.ts kills every one, at many moments.
  it.each([
    ['payment', 7],
    ['booking', 8],
    ['postgres', 8],
    ['postgres backend', 5],
  ] as const)('%s: the system is whole again by itself', async (victim, afterStep) => {
    await runDemo(system, {
      afterStep,
      act: async (demo) => {
        const pid = pidOf(victim, system, demo)
        process.kill(pid, 'SIGKILL')
        await comesBack(system, victim, pid)
      },
    })
    const { exitCode, printed } = await runDemo(system)
    expect(exitCode, printed).toBe(0)
    expect(await violations(system)).toEqual([])
  })
})

describe('a runner that is killed', () => {
  it('takes everything with it, and the next start finds the data', async () => {
    const { buyer } = await people()
    const query = 'query Mine { bookings(first: 100) { edges { node { id } } } }'
    const before = await buyer(query)
    process.kill(system.pid, 'SIGKILL')
    await nothingRuns(dataDir)
    system = await startSystem(dataDir, { portBase: system.portBase })
    expect(await (await people()).buyer(query)).toEqual(before)
    await buy()
    expect(await violations(system)).toEqual([])
  })
})
