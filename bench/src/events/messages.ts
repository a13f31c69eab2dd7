import type { Place } from './buses.ts'

/** What a process is told first. */
export interface Start {
  readonly end: 'publisher' | 'consumer'
  readonly place: Place
}

/** What a publisher is told to commit: events of the numbers from `first` on. */
export type Order =
  /** At a steady rate, each timed. */
  | { readonly kind: 'paced'; readonly first: number; readonly count: number; readonly perSecond: number }
  /** As fast as so many clients can. */
  | { readonly kind: 'all'; readonly first: number; readonly count: number; readonly clients: number }

/** What a process tells. */
export type Report =
  | { readonly type: 'ready' }
  /** The time of each commit of a paced order, in milliseconds since 1970, in the order of the numbers. */
  | { readonly type: 'committed'; readonly committedAt: readonly number[] }
  | { readonly type: 'failed'; readonly message: string }
