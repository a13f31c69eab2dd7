import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { onceForKey } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { EventCancelled } from '@tikitu/schema/events/booking'
import { lockEventAgainstBuyers } from '../bookings/booking.sql.ts'
import { closeEvent } from '../bookings/completion.ts'
import { startFollowUp } from '../follow-ups/follow-ups.ts'
import { editableEvent, noSuchEvent } from './editors.ts'
import { theEvent, updateEventRow } from './event.sql.ts'

/** Somebody wants an event to end, one way or the other. */
interface Ending {
  readonly identity: Identity
  readonly eventId: string
  readonly idempotencyKey: string
  readonly at: Date
}

/** An event is to be called off. */
export interface CallingOff extends Ending {
  /** What its buyers are told. */
  readonly reason: string
}

/**
 * Calls a published event off. From the commit on nothing of it is sold; its holds and bookings are ended by the
 * follow-up, each once, and what was paid goes back. Calling it off again changes nothing.
 */
export async function cancelEvent(tx: Transaction, command: CallingOff) {
  const { identity, idempotencyKey: key, eventId, reason } = command
  const wish = { caller: actorOf(identity).id, key, operation: 'cancelEvent', request: { eventId, reason } }
  const outcome = await onceForKey(tx, wish, () => cancelOnce(tx, command))
  return outcome.ok ? accept(await theEvent(tx, outcome.value.id)) : outcome
}

async function cancelOnce(tx: Transaction, { identity, eventId, reason, at }: CallingOff) {
  const event = await editableEvent(tx, { identity, eventId }, { orSupport: true })
  if (!event) return noSuchEvent(eventId)
  const { status, partnerId, venueId, title, timezone, startsAt } = event
  if (status === 'CANCELLED') return accept(event)
  if (status !== 'PUBLISHED') {
    return refuse('EventNotCancellable', `This event is ${status.toLowerCase()}.`, { status })
  }

  // Whoever is buying at this moment finishes first, and is counted; whoever comes later finds it called off.
  await lockEventAgainstBuyers(tx, eventId)
  const cancelled = await updateEventRow(tx, eventId, { status: 'CANCELLED', cancelledAt: at, cancelReason: reason })
  const bookings = await startFollowUp(tx, { eventId, kind: 'CANCEL', at })
  await emit(tx, EventCancelled, {
    eventId,
    partnerId,
    venueId,
    title,
    timezone,
    startsAt: startsAt.toISOString(),
    reason,
    bookings,
    at: at.toISOString(),
  })
  await recordAudit(tx, identity, {
    action: 'cancelEvent',
    resource: { type: 'Event', id: eventId },
    before: { status },
    after: { status: 'CANCELLED', reason, bookings },
    at,
  })
  return accept(cancelled)
}

/** Says that an event which has ended is over: its bookings are completed by the follow-up. Again changes nothing. */
export async function completeEvent(tx: Transaction, command: Ending) {
  const { identity, idempotencyKey: key, eventId } = command
  const wish = { caller: actorOf(identity).id, key, operation: 'completeEvent', request: { eventId } }
  const outcome = await onceForKey(tx, wish, () => completeOnce(tx, command))
  return outcome.ok ? accept(await theEvent(tx, outcome.value.id)) : outcome
}

async function completeOnce(tx: Transaction, { identity, eventId, at }: Ending) {
  const event = await editableEvent(tx, { identity, eventId })
  if (!event) return noSuchEvent(eventId)
  const { status, endsAt } = event
  if (status === 'COMPLETED') return accept(event)
  if (status !== 'PUBLISHED' || at < endsAt) {
    return refuse('EventNotCompletable', 'Only a published event that has ended is over.', { status, endsAt })
  }
  await closeEvent(tx, eventId)
  await startFollowUp(tx, { eventId, kind: 'COMPLETE', at })
  await recordAudit(tx, identity, {
    action: 'completeEvent',
    resource: { type: 'Event', id: eventId },
    before: { status },
    after: { status: 'COMPLETED' },
    at,
  })
  return accept(event)
}
