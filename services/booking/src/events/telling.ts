import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { EventUpdated } from '@tikitu/schema/events/booking'
import type { EventRow } from './event.sql.ts'

/** Tells of an event whose facts are others now. Of a draft nobody is told. */
export async function tellOfUpdate(tx: Transaction, event: EventRow, at: Date): Promise<void> {
  if (event.status === 'DRAFT') return
  const { id: eventId, partnerId, venueId, title, category, imageUrl, timezone, salesOpenAt } = event
  await emit(tx, EventUpdated, {
    eventId,
    partnerId,
    venueId,
    title,
    category,
    imageUrl,
    timezone,
    startsAt: event.startsAt.toISOString(),
    endsAt: event.endsAt.toISOString(),
    doorsAt: event.doorsAt.toISOString(),
    salesOpenAt: salesOpenAt?.toISOString() ?? null,
    salesCloseAt: event.salesCloseAt.toISOString(),
    at: at.toISOString(),
  })
}
