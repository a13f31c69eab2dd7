import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Buyers who hold something and buy it now: check out, begin to pay, pay. */
export interface Buying {
  readonly ports: { readonly booking: number; readonly payment: number }
  readonly identitySecret: string
  /** What each holds, in the order in which they come. */
  readonly holds: readonly { readonly id: string; readonly userId: string }[]
  /** How many come in a second, whether or not those before were served; undefined: each comes when one before is done. */
  readonly perSecond?: number | undefined
  /** Who buys at the same time, at most. */
  readonly together: number
  /** What is paid with. */
  readonly instrument: string
}

/** What came of it. */
export interface Bought {
  /** From the first checkout to the last answer, in seconds. */
  readonly seconds: number
  /** From the click that pays to its answer, in milliseconds. */
  readonly paying: { readonly p50: number; readonly p99: number }
  /** What was answered when a purchase went wrong, and how often. */
  readonly wrong: Readonly<Record<string, number>>
}

/** Between the processes. */
export type BuyingMessage =
  | { readonly type: 'bought'; readonly bought: Bought }
  | { readonly type: 'failed'; readonly message: string }

/** Has them buy in a process of its own. Throws when a connection breaks. */
export async function buy(buying: Buying): Promise<Bought> {
  const child = fork(join(import.meta.dirname, 'buyers.main.ts'))
  try {
    child.send(buying)
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => [{ type: 'failed', message: 'the buyers are gone' }]),
    ])) as [BuyingMessage]
    if (message.type === 'failed') throw new Error(message.message)
    return message.bought
  } finally {
    child.disconnect()
  }
}

/** A share of the values is at most this. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
