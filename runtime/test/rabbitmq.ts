import { createHash } from 'node:crypto'
import { beforeAll, beforeEach, expect, inject } from 'vitest'

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

/** Called by the project's set-up file. */
export function useBroker(): void {
  beforeAll(() => askBroker('GET'), 90_000)
  beforeEach((context) => {
    const { missing } = inject('rabbitmq')
    if (missing !== undefined) context.skip(missing)
  })
}
