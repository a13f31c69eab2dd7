import type { Database, Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { tellOfChanges } from '@tikitu/runtime/live'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { EventCompleted } from '@tikitu/schema/events/booking'
import { expireTickets } from '../tickets/ticket.sql.ts'
import { BOOKING_TOPIC } from './booking.loaders.ts'
import { transitionFrom } from './booking.saga.ts'
import { eventsOver, markCompleted, moveBookingsOfEvent } from './completion.sql.ts'

/** How long after its end an event is completed, so that nothing that began during it is still under way, in minutes. */
const GRACE_MINUTES = 60

/** Events in one run, and bookings in one transaction, at most. */
const EVENTS_MAX = 1_000
const BOOKINGS_MAX = 500

/** Completes events that are over: their bookings are COMPLETED and the tickets with which nobody came EXPIRED. */
export async function completeEvents({ database }: { database: Database }): Promise<void> {
  for (const eventId of await eventsOver(database.orm, GRACE_MINUTES, EVENTS_MAX)) {
    let more = true
    while (more) more = accepted(await transact(database, async (tx) => accept(await completeSome(tx, eventId))))
  }
}

/** Completes some bookings of an event, and the event when there are no more. Returns whether there may be. */
export async function completeSome(tx: Transaction, eventId: string): Promise<boolean> {
  const over = transitionFrom('CONFIRMED', 'event over')
  if (!over) throw new Error('the saga does not say what becomes of bookings when their event is over')
  const completed = await moveBookingsOfEvent(tx, eventId, over, BOOKINGS_MAX)
  if (completed.length > 0) await expireTickets(tx, completed)
  await tellOfChanges(tx, ...completed.map((id) => ({ topic: BOOKING_TOPIC, id })))
  if (completed.length === BOOKINGS_MAX) return true
  await closeEvent(tx, eventId)
  return false
}

/** Writes down that an event is over, and tells it, once. */
export async function closeEvent(tx: Transaction, eventId: string): Promise<void> {
  const completed = await markCompleted(tx, eventId)
  if (!completed) return
  const { partnerId, venueId, title, endsAt, at } = completed
  await emit(tx, EventCompleted, {
    eventId,
    partnerId,
    venueId,
    title,
    endsAt: endsAt.toISOString(),
    at: at.toISOString(),
  })
}
