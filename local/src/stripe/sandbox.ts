import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { serveLocally, type LocalAnswer, type LocalRequest } from '../local-http.ts'
import { Agenda } from './agenda.ts'
import { apiOf } from './api.ts'
import { answerAuthentication } from './authentication.ts'
import { Books } from './books.ts'
import type { Endpoint } from './courier.ts'
import { seconds, type Desk } from './desk.ts'

/** What the sandbox needs. */
export interface SandboxOptions {
  /** Where its books lie; `:memory:` keeps them in memory. */
  readonly file: string
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number
  /** The key that requests have to show. */
  readonly apiKey: string
  /** Who hears what happened; nobody unless said. */
  readonly webhooks?: Endpoint | undefined
  /** How long what is late takes, in milliseconds; five seconds unless said. */
  readonly lateMilliseconds?: number
  /** The clock in milliseconds. */
  readonly now?: () => number
}

/** A running sandbox. */
export interface Sandbox {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  stop(): Promise<void>
}

const LATE_MILLISECONDS = 5_000

/**
 * Stands in for Stripe: the part of its API that we use, as strict as the real one, over play money. Whoever pays says
 * with the payment method what is to happen; see `instruments.ts`. It listens on 127.0.0.1 alone.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  if (!/^sk_test_[\w-]{16,}$/.test(options.apiKey))
    throw new Error('The API key of the sandbox is to begin with sk_test_.')
  if (options.file !== ':memory:') mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 })
  const books = new Books(options.file)
  const desk: Desk = {
    books,
    now: options.now ?? Date.now,
    origin: () => server.origin,
    lateMilliseconds: options.lateMilliseconds ?? LATE_MILLISECONDS,
    tellsEvents: options.webhooks !== undefined,
  }
  books.forgetKeys(seconds(desk))
  const agenda = new Agenda(desk, options.webhooks)
  const api = apiOf(desk, options.apiKey, () => agenda.wake())
  const answer = async (request: LocalRequest): Promise<LocalAnswer> => {
    if (request.url.pathname === '/readyz') return { body: { status: 'ready' } }
    const page = answerAuthentication(desk, request)
    if (page === undefined) return api(request)
    agenda.wake()
    return page
  }
  const server = await serveLocally({ port: options.port, purpose: 'payment sandbox' }, answer)
  agenda.wake()
  return {
    origin: server.origin,
    stop: async () => {
      agenda.stop()
      await server.stop()
      books.close()
    },
  }
}
