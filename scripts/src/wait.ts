import { setTimeout as delay } from 'node:timers/promises'

/** How often a condition is looked at, in milliseconds. */
const INTERVAL_MILLISECONDS = 50

/** Asks until there is an answer; gives up after so many milliseconds, saying what it waited for. */
export async function until<Value>(
  what: string,
  ask: () => Promise<Value | undefined>,
  patience = 15_000,
): Promise<Value> {
  const deadline = performance.now() + patience
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`waited ${patience / 1000} s in vain for ${what}`)
    await delay(INTERVAL_MILLISECONDS)
  }
}
