import { on, type Subscription } from '@tikitu/runtime/events'
import { EventCancelled, EventCompleted } from '@tikitu/schema/events/booking'
import { insertEndedEvent } from './settlement.sql.ts'

/** Events that are over: what their bookings brought in, and was not given back, is to be paid to the partner. */
export const settlementSubscriptions: readonly Subscription[] = [
  on(EventCompleted, (tx, { eventId, partnerId }, { at }) => insertEndedEvent(tx, { eventId, partnerId, endedAt: at })),
  on(EventCancelled, (tx, { eventId, partnerId }, { at }) => insertEndedEvent(tx, { eventId, partnerId, endedAt: at })),
]
