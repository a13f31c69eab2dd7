import { setTimeout as delay } from 'node:timers/promises'
import type { GraphBody } from './verdict.ts'
import type { Send } from './sweep.ts'

/** Longer than any answer may take, so that one that is too late is still told from one that never comes, in milliseconds. */
const PATIENCE_MILLISECONDS = 45_000

/** How long a busy system is asked again, in milliseconds. What makes it unavailable each time is no accident. */
const BUSY_MILLISECONDS_MAX = 15_000
const PAUSE_MILLISECONDS = 250

/** What a client is told to try again. */
const BUSY: ReadonlySet<unknown> = new Set(['UNAVAILABLE', 'TIMEOUT'])

/**
 * Sends to the gateway as the bearer of the token, and takes whatever comes back. On a machine that does a hundred
 * things, somebody's account cannot be looked up in time once in thousands of requests; that one is sent again.
 */
export function senderTo(gateway: string, token: string): Send {
  const send = sendOnce(gateway, token)
  return async (request) => {
    const deadline = performance.now() + BUSY_MILLISECONDS_MAX
    for (;;) {
      const answer = await send(request)
      const isBusy = answer.body?.errors?.some(({ extensions }) => BUSY.has(extensions?.code))
      if (!isBusy || performance.now() > deadline) return answer
      await delay(PAUSE_MILLISECONDS)
    }
  }
}

function sendOnce(gateway: string, token: string): Send {
  return async (request) => {
    const startedAt = performance.now()
    const response = await fetch(`${gateway}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: request,
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    })
    const text = await response.text()
    return { status: response.status, body: bodyOf(text), milliseconds: performance.now() - startedAt }
  }
}

function bodyOf(text: string): GraphBody | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? body : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
