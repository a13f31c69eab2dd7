import type { RequestContext } from '@tikitu/runtime/context'
import { isId } from '@tikitu/runtime/ids'
import { loadMany, loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import { availabilityOf } from '../inventory/availability.sql.ts'
import { cancellationProgress } from '../follow-ups/follow-up.sql.ts'
import { maySeeEvent } from './event.rules.ts'
import { eventsByIds, ticketTypesByIds, ticketTypesOfEvents, type EventRow, type TicketTypeRow } from './event.sql.ts'
import { readerOf } from './readers.ts'

/** Events and what belongs to them, each asked for once in a request. They know nothing of who asks. */
export const eventLoaders = perRequest(({ database: { orm } }: RequestContext) => ({
  /** Any event by its id, drafts included. */
  event: loadOne(
    (ids) => eventsByIds(orm, ids),
    (event: EventRow) => event.id,
  ),
  /** Any ticket type by its id. */
  ticketType: loadOne(
    (ids) => ticketTypesByIds(orm, ids),
    (type: TicketTypeRow) => type.id,
  ),
  /** The ticket types of an event, dearest first. */
  ticketTypes: loadMany(
    (eventIds) => ticketTypesOfEvents(orm, eventIds),
    (type: TicketTypeRow) => type.eventId,
  ),
  /** How many tickets of a type could be held now; null before it is published. */
  available: loadOne(
    (ids) => availabilityOf(orm, ids),
    (row) => row.ticketTypeId,
  ),
}))

/** An event, if there is one and the caller may see it. */
export async function visibleEvent(context: RequestContext, id: string): Promise<EventRow | null> {
  const event = isId(id) ? await eventLoaders(context).event.load(id) : null
  return event && maySeeEvent(event, readerOf(context.identity)) ? event : null
}

/** A ticket type, if there is one and the caller may see its event. */
export async function visibleTicketType(context: RequestContext, id: string): Promise<TicketTypeRow | null> {
  const type = isId(id) ? await eventLoaders(context).ticketType.load(id) : null
  return type && (await visibleEvent(context, type.eventId)) ? type : null
}

/** How far the end of its bookings is, for those who manage the event and for admins. */
export async function cancellationOf(
  { identity, database }: RequestContext,
  { id, status, partnerId, currency }: EventRow,
) {
  const { everything, partnerIds } = readerOf(identity)
  if (status !== 'CANCELLED' || !(everything || partnerIds.includes(partnerId))) return null
  const progress = await cancellationProgress(database.orm, id)
  return progress && { ...progress, refundTotal: { amount: progress.refundAmount, currency } }
}
