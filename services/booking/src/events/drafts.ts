import type { Transaction } from '@tikitu/runtime/database'
import { badInput } from '@tikitu/runtime/fault'
import { isId, newId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { planCategories, planOfVenue } from '../venues/plan.sql.ts'
import { venueById } from '../venues/venue.sql.ts'
import type { EventDraft } from './event-draft.ts'
import { decideCapacity, type PlanCategory } from './event.rules.ts'

/** Where an event is to be. */
interface PlaceWish {
  readonly partnerId: string
  readonly venueId: string
  readonly seatingPlanId?: string | null | undefined
}

/** The venue, when the partner may use it, and what the plan has, when it is the venue's. */
export async function findPlace(tx: Transaction, { partnerId, venueId, seatingPlanId }: PlaceWish) {
  const venue = isId(venueId) ? await venueById(tx, venueId) : undefined
  if (!venue?.isActive || venue.partnerId !== partnerId) {
    return refuse('VenueUnavailable', 'There is no such venue that the partner may use.', { venueId })
  }
  const planId = seatingPlanId ?? null
  if (planId !== null && !(isId(planId) && (await planOfVenue(tx, planId, venueId)))) {
    return refuse('SeatingPlanNotFound', 'There is no such seating plan of the venue.', { seatingPlanId: planId })
  }
  const categories = planId === null ? [] : await planCategories(tx, planId)
  return accept({ timezone: venue.timezone, planId, categories })
}

/** A kind of ticket as it is wished, and the id of the one that it replaces. */
type TicketTypeWish = EventDraft['ticketTypes'][number] & { readonly id?: string }

/** Numbers the ticket types in the order in which they were given. What cannot be is the fault BAD_USER_INPUT of `field`. */
export function numberTicketTypes(
  eventId: string,
  wishes: readonly TicketTypeWish[],
  { planId, categories }: { readonly planId: string | null; readonly categories: readonly PlanCategory[] },
  field = 'input.ticketTypes',
) {
  return wishes.map((type, index) => {
    const capacity = decideCapacity(type, planId !== null, categories)
    if (!capacity.ok) throw badInput(`${field}[${index}].${capacity.facts.field}`, capacity.message)
    const { name, seated, category, price, minPerBooking, maxPerBooking, salesOpenAt, salesCloseAt, channel } = type
    return {
      id: type.id ?? newId(),
      eventId,
      no: index + 1,
      name,
      seated,
      category: category ?? null,
      price,
      capacity: capacity.value,
      minPerBooking,
      maxPerBooking,
      salesOpenAt: salesOpenAt ?? null,
      salesCloseAt: salesCloseAt ?? null,
      channel,
    }
  })
}
