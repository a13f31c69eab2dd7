import { on, type Subscription } from '@tikitu/runtime/events'
import { EventCancelled, EventCompleted } from '@tikitu/schema/events/booking'
import { noteEndedEvent } from './settlements.ts'

/** Events that are over: what their bookings brought in, and was not given back, is to be paid to the partner. */
export const settlementSubscriptions: readonly Subscription[] = [
  on(EventCompleted, (tx, { eventId, partnerId }, { at }) => noteEndedEvent(tx, { eventId, partnerId, endedAt: at })),
  on(EventCancelled, (tx, { eventId, partnerId }, { at }) => noteEndedEvent(tx, { eventId, partnerId, endedAt: at })),
]
