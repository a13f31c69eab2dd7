import { randomUUID } from 'node:crypto'
import { newId } from '@tikitu/runtime/ids'
import type pg from 'pg'

/** Wishes in one statement, as many as the service sends. */
const TOGETHER = 64

/** What came of it. */
export interface TogetherResult {
  readonly perSecond: number
  /** How often each answer came. */
  readonly answers: Readonly<Record<string, number>>
  /** Milliseconds of a statement. */
  readonly p50: number
}

/** What everybody wants. */
export interface TypeWanted {
  readonly eventId: string
  readonly ticketTypeId: string
  /** How many tickets the wish of this number is for. */
  quantity(number: number): number
}

/** Holds so many at a time by the function that the service calls, one statement after the other, as one service would. */
export async function holdTogether(
  pool: pg.Pool,
  operation: 'hold_units_together' | 'hold_best_together',
  wanted: TypeWanted,
  {
    seconds,
    together = TOGETHER,
    until,
  }: { seconds: number; together?: number; until?: (answers: Record<string, number>) => boolean },
): Promise<TogetherResult> {
  const answers: Record<string, number> = {}
  const latencies: number[] = []
  let asked = 0
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1000
  let batch = batchOf(wanted, asked, together)
  for (let isOver = false; !isOver; isOver = elapsed() >= seconds || until?.(answers) === true) {
    const sentAt = performance.now()
    const answered = pool.query<{ outcome: string }>({
      name: operation,
      text: `select outcome from ${operation}($1, 10, 3, 600, $2, $3, $4, $5, $5, $6, $7)`,
      values: batch,
    })
    // Made while the database is at work, as requests arrive meanwhile.
    asked += together
    batch = batchOf(wanted, asked, together)
    for (const { outcome } of (await answered).rows) answers[outcome] = (answers[outcome] ?? 0) + 1
    latencies.push(performance.now() - sentAt)
  }
  return {
    perSecond: asked / elapsed(),
    answers,
    p50: latencies.toSorted((one, other) => one - other)[Math.floor(latencies.length / 2)] ?? NaN,
  }
}

function batchOf({ eventId, ticketTypeId, quantity }: TypeWanted, first: number, together: number): unknown[] {
  const each = <Value>(make: (number: number) => Value) =>
    Array.from({ length: together }, (_, place) => make(first + place))
  return [
    eventId,
    each(() => newId()),
    each(() => randomUUID()),
    each(() => 'the same'),
    each(() => null),
    ticketTypeId,
    each(quantity),
  ]
}
