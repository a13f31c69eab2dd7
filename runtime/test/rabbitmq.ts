import { createHash } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, inject } from 'vitest'

/*
 * Set-up of the project `rabbitmq`, which runs the tests of the events once more over RabbitMQ.
 */

declare module 'vitest' {
  interface ProvidedContext {
    /** Put there by scripts/src/test/rabbitmq.ts, for the project `rabbitmq` alone. */
    rabbitmq: { url: string; control: string; missing?: never } | { missing: string; url?: never }
  }
}

/** Where the broker of this run is; undefined when events go through Postgres. */
export function brokerUrl(): string | undefined {
  // Vitest's type promises it to every project.
  const broker: ReturnType<typeof inject<'rabbitmq'>> | undefined = inject('rabbitmq')
  return broker?.url
}

/** Names of its own in the shared broker for each test. */
export function brokerPrefix(): string {
  const { testPath, currentTestName } = expect.getState()
  return `test-${createHash('sha256').update(`${testPath} ${currentTestName}`).digest('hex').slice(0, 12)}`
}

/** Stops or kills the broker, and starts it again; resolves when it lets clients in. */
export const restartBroker = (signal: 'SIGTERM' | 'SIGKILL') => askBroker('POST', signal)

async function askBroker(method: 'GET' | 'POST', path = ''): Promise<void> {
  const broker = inject('rabbitmq')
  if (broker.missing !== undefined) return
  const { ok, status } = await fetch(`${broker.control}/${path}`, { method })
  if (!ok) throw new Error(`RabbitMQ did not start (${status})`)
}

/** How long the files before this one may take, and the broker until it lets clients in, in milliseconds. */
const TURN_MILLISECONDS_MAX = 300_000

/** Called by the project's set-up file. A file has the broker to itself: one after another, because one of them kills it. */
export function useBroker(): void {
  let turn: pg.Client
  beforeAll(async () => {
    turn = new pg.Client({ connectionString: inject('postgres').adminUrl })
    await turn.connect()
    await turn.query(`select pg_advisory_lock(hashtext('the broker of the tests'))`)
    await askBroker('GET')
  }, TURN_MILLISECONDS_MAX)
  afterAll(() => turn.end())
  beforeEach((context) => {
    const { missing } = inject('rabbitmq')
    if (missing !== undefined) context.skip(missing)
  })
}
