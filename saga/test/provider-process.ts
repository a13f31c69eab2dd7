import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import type { Charge } from './bank.ts'

const KEY = 'sk_test_of_the_killed_0123456789'

/** What services and the sandbox must agree about. */
export const SANDBOX_SECRETS = {
  SANDBOX_SECRET_KEY: KEY,
  SANDBOX_WEBHOOK_SECRET: 'whsec_of_the_killed_0123456789',
} as const

/** Where the sandbox listens, above the services. */
const SANDBOX_PORT = 14

/** The provider as a process of its own, which nobody kills, and what passes its webhooks on as the gateway does. */
export class ProviderProcess {
  readonly #origin: string
  readonly #child: ChildProcess
  readonly #door: Server

  private constructor(origin: string, child: ChildProcess, door: Server) {
    this.#origin = origin
    this.#child = child
    this.#door = door
  }

  /** Starts it on the ports of a system, with its books below `dataDir`. */
  static async start(
    portBase: number,
    { dataDir, payment, secret }: { readonly dataDir: string; readonly payment: () => string; readonly secret: string },
  ): Promise<ProviderProcess> {
    const door = createServer((request, response) => {
      void buffer(request)
        .then((body) =>
          fetch(`${payment()}${request.url}`, {
            method: 'POST',
            body: new Uint8Array(body),
            headers: {
              'content-type': 'application/octet-stream',
              'stripe-signature': String(request.headers['stripe-signature']),
              [IDENTITY_HEADER]: signIdentity(serviceIdentity('gateway', newId()), secret),
            },
          }),
        )
        .then(
          ({ status }) => response.writeHead(status).end(),
          () => response.writeHead(503).end(),
        )
    })
    door.listen(portBase, '127.0.0.1')
    await once(door, 'listening')
    const child = fork(join(import.meta.dirname, '../../local/src/stripe/main.ts'), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...SANDBOX_SECRETS, PORT_BASE: String(portBase), DATA_DIR: dataDir },
    })
    await once(child, 'message')
    return new ProviderProcess(`http://127.0.0.1:${portBase + SANDBOX_PORT}`, child, door)
  }

  /** Every attempt that the provider knows of, in its own books. */
  async charges(): Promise<Charge[]> {
    const returned = new Map<string, number>()
    for (const { payment_intent: ref, amount = 0, status } of await this.#everything('refunds')) {
      if (ref && status === 'succeeded') returned.set(ref, (returned.get(ref) ?? 0) + amount)
    }
    return (await this.#everything('payment_intents')).map(({ id, status, amount_received: taken = 0 }) => ({
      ref: id,
      state: status,
      taken,
      returned: returned.get(id) ?? 0,
    }))
  }

  /** Stops it. */
  async stop(): Promise<void> {
    this.#door.closeAllConnections()
    this.#door.close()
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  async #everything(kind: 'payment_intents' | 'refunds'): Promise<Listed[]> {
    const found: Listed[] = []
    for (let more = true; more;) {
      const last = found.at(-1)
      const query = new URLSearchParams({ limit: '100', ...(last ? { starting_after: last.id } : {}) })
      const response = await fetch(`${this.#origin}/v1/${kind}?${query.toString()}`, {
        headers: { authorization: `Bearer ${KEY}` },
      })
      const page = (await response.json()) as { data: Listed[]; has_more: boolean }
      found.push(...page.data)
      more = page.has_more
    }
    return found
  }
}

/** What of a payment intent or a refund is read here. */
interface Listed {
  readonly id: string
  readonly status: string
  readonly amount?: number
  readonly amount_received?: number
  readonly payment_intent?: string
}
