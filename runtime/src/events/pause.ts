import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after so many milliseconds, or when the signal is aborted. */
export async function pause(milliseconds: number, ended: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal: ended }).catch(() => undefined)
}
