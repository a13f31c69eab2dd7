import { setTimeout as delay } from 'node:timers/promises'

/** How to wait: for how long at most, how often to look, both in milliseconds, and what to call it if it never comes. */
export interface Wait {
  what: string
  timeoutMs: number
  everyMs?: number
}

/** Asks until the answer is neither undefined nor false and returns it; throws with `what` in the message at the deadline. */
export async function waitUntil<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { what, timeoutMs, everyMs = 25 }: Wait,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() >= deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s.`)
    await delay(everyMs)
  }
}
