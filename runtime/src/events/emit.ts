import type { EventType } from '@tikitu/schema/events/define'
import type { Transaction } from '../database.ts'
import { currentTrace } from '../trace.ts'
import { afterCommit } from '../transaction.ts'
import { outbox } from './tables.ts'
import { wakeRelay } from './wake.ts'

/**
 * Publishes a fact with the transaction that makes it true: it is in the outbox when `tx` commits, and gone when
 * it rolls back. Throws when `data` has not the shape that the event declares, which is a mistake of the caller.
 */
export async function emit<Data>(tx: Transaction, event: EventType<string, Data>, data: Data): Promise<void> {
  const parsed = event.shape.safeParse(data)
  if (!parsed.success) {
    throw new Error(`${event.type} was emitted with malformed data`, { cause: parsed.error })
  }
  const trace = currentTrace()
  await tx.insert(outbox).values({
    type: event.type,
    version: event.version,
    key: event.key(parsed.data),
    data: parsed.data,
    correlationId: trace?.correlationId ?? null,
    causationId: trace?.causationId ?? null,
    traceparent: trace?.traceparent ?? null,
  })
  afterCommit(tx, wakeRelay)
}
