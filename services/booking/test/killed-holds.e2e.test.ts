import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@tikitu/local/ports'
import { startPostgres } from '@tikitu/local/postgres'
import { openDatabase, type Database } from '@tikitu/runtime/database'
import { anonymous, IDENTITY_HEADER, signIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { createLog } from '@tikitu/runtime/log'
import { waitFor } from '@tikitu/runtime/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anEvent, type TestEvent } from './build.ts'
import { expectSoundInventory } from './sound.ts'

/** How often each is killed. */
const ROUNDS = process.env['SOAK'] ? 10 : 1

/** Buyers at once: enough for batches. */
const CLIENTS = 32

/** Holds that are answered before the kill. */
const ANSWERED_BEFORE = 150

const SECRET = 'a secret that only this test signs identities with'
const DATABASE = 'booking_db'

const directory = mkdtempSync(join(tmpdir(), 'tikitu-killed-holds-'))
const dataDir = join(directory, 'postgres')
let postgres: Awaited<ReturnType<typeof startPostgres>>
let database: Database
let service: ChildProcess
let port: number
let event: TestEvent

beforeAll(async () => {
  postgres = await startServer(await freePort())
  port = await freePort()
  service = await startService()
  database = openDatabase({ url: postgres.url(DATABASE), connectionsMax: 2, log: createLog('booking', 'silent') })
  event = await anEvent(database, { rows: Array.from({ length: 50 }, () => ({ width: 40 })), standing: 100_000 })
})

afterAll(async () => {
  service.kill('SIGKILL')
  await database.close()
  await postgres.stop()
  rmSync(directory, { recursive: true, force: true })
})

function startServer(at: number) {
  return startPostgres({ dataDir, port: at, durable: true, databases: [{ name: DATABASE, owner: 'tikitu_booking' }] })
}

async function startService(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '../src/main.ts'), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      LOG_LEVEL: 'silent',
      PORT_BOOKING: String(port),
      DATABASE_URL_BOOKING: postgres.url(DATABASE),
      IDENTITY_SECRET: SECRET,
      TICKET_KEY_SECRET: SECRET,
    },
  })
  await once(child, 'message')
  return child
}

async function killService(): Promise<void> {
  service.kill('SIGKILL')
  await once(service, 'exit')
  service = await startService()
}

async function killServer(): Promise<void> {
  const [pid] = readFileSync(join(dataDir, 'pgdata/postmaster.pid'), 'utf8').split('\n')
  process.kill(Number(pid), 'SIGKILL')
  await postgres.ended
  postgres = await startServer(postgres.port)
}

/** A hold as a buyer asks for it: general admission, or two seats by their number. */
interface Wish {
  readonly userId: string
  readonly idempotencyKey: string
  readonly seat: number | undefined
}

let seats = 0
const aWish = (client: number): Wish => ({
  userId: newId(),
  idempotencyKey: newId(),
  seat: client % 4 === 0 && seats < 2_000 ? seats++ : undefined,
})

/** The id of the hold; throws when there is no answer, or another. */
async function ask({ userId, idempotencyKey, seat }: Wish): Promise<string> {
  const [mutation, type, input] =
    seat === undefined
      ? [
          'holdGeneralAdmission',
          'HoldGeneralAdmissionInput',
          { ticketTypeId: event.types['Standing']?.id, quantity: 1 },
        ]
      : ['holdSeats', 'HoldSeatsInput', { seatIds: [`A-${Math.floor(seat / 40) + 1}-${(seat % 40) + 1}`] }]
  const identity = { ...anonymous(newId()), kind: 'user' as const, subject: userId, userId }
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [IDENTITY_HEADER]: signIdentity(identity, SECRET) },
    body: JSON.stringify({
      query: `mutation ($input: ${type}!) { hold: ${mutation}(input: $input) { __typename ... on Hold { id } } }`,
      variables: { input: { eventId: event.id, idempotencyKey, ...input } },
    }),
  })
  const { data } = (await response.json()) as { data?: { hold?: { __typename: string; id: string } } | null }
  if (data?.hold?.__typename !== 'Hold') throw new Error(`no hold: ${JSON.stringify(data)}`)
  return data.hold.id
}

test.each([
  ['the service', killService],
  ['the database', killServer],
])('%s is killed while holds come in batches, and every hold that was answered is there, once', async (_, kill) => {
  for (let round = 0; round < ROUNDS; round++) {
    const before = await holds()
    const answered: string[] = []
    const unanswered: Wish[] = []
    const stopped = new AbortController()
    const buying = Promise.all(
      Array.from({ length: CLIENTS }, async (_client, client) => {
        while (!stopped.signal.aborted) {
          const wish = aWish(client)
          try {
            answered.push(await ask(wish))
          } catch {
            unanswered.push(wish)
            return
          }
        }
      }),
    )
    await waitFor('holds to be answered', () => answered.length >= ANSWERED_BEFORE)
    await kill()
    stopped.abort()
    await buying
    expect(unanswered.length).toBeGreaterThan(0)

    // A buyer without an answer asks again under the same key, and has what was committed, or gets it now.
    for (const wish of unanswered) {
      await waitFor('an answer', async () => {
        const id = await ask(wish).catch(() => undefined)
        if (id !== undefined) answered.push(id)
        return id !== undefined
      })
    }
    const after = await holds()
    expect(answered.filter((id) => !after.has(id))).toEqual([])
    expect(after.size - before.size).toBe(answered.length)
    await expectSoundInventory(database)
  }
})

async function holds(): Promise<Set<string>> {
  const { rows } = await database.pool.query<{ id: string }>(
    `select id from bookings where event_id = $1 and status = 'HELD'`,
    [event.id],
  )
  return new Set(rows.map(({ id }) => id))
}
