import { newId } from '@tikitu/runtime/ids'
import type { SeatsWish, TypeWish } from '../src/holds/hold-batch.sql.ts'
import type { Wish } from '../src/holds/hold.sql.ts'
import { LIMITS, type TestEvent } from './build.ts'

/** A wish as the database is asked it: by somebody new, under the limits that there are initially, unless said. */
function aWish({ id: eventId }: Pick<TestEvent, 'id'>, facts: Partial<Wish>): Wish {
  const idempotencyKey = newId()
  return {
    eventId,
    userId: newId(),
    idempotencyKey,
    requestHash: 'the same',
    ...LIMITS,
    correlationId: idempotencyKey,
    traceparent: null,
    ...facts,
  }
}

/** A wish for seats by their numbers. */
export function seatsWish(event: TestEvent, seatNos: readonly number[], facts: Partial<Wish> = {}): SeatsWish {
  return { ...aWish(event, facts), seatNos }
}

/** A wish for so many tickets of a type, `Standing` unless said. */
export function typeWish(
  event: TestEvent,
  quantity: number,
  { type = 'Standing', ...facts }: Partial<Wish> & { readonly type?: string } = {},
): TypeWish {
  return { ...aWish(event, facts), ticketTypeId: event.types[type]?.id ?? '', quantity }
}
