import { recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { badInput } from '@tikitu/runtime/fault'
import { mayActFor, type Identity } from '@tikitu/runtime/identity'
import { isId, newId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { EventPublished } from '@tikitu/schema/events/booking'
import type { Keyring } from '../tickets/keyring.ts'
import { planCategories, planOfVenue } from '../venues/plan.sql.ts'
import { partnerById, venueById } from '../venues/venue.sql.ts'
import type { EventDraft } from './event-draft.ts'
import { decideCapacity, decideSchedule, problemsOf, type PlanCategory } from './event.rules.ts'
import {
  copyRowHints,
  copySeats,
  eventForUpdate,
  insertEvent,
  insertTicketTypes,
  markPublished,
  stockAdmission,
  ticketTypesOfEvents,
} from './event.sql.ts'

/** Who may change events: its partner's owners and managers, and machines with the scope. */
const EDITORS = ['OWNER', 'MANAGER'] as const
const EDITOR_SCOPE = 'tikitu/events.write'

/** Drafts an event at one of the partner's venues. What cannot be in any case is the fault BAD_USER_INPUT. */
export async function createEvent(
  tx: Transaction,
  { identity, draft, at }: { identity: Identity; draft: EventDraft; at: Date },
) {
  const { partnerId, venueId } = draft
  if (!(await maySell(tx, identity, partnerId))) {
    return refuse('PartnerMayNotSell', 'There is no such partner of yours that may sell.', { partnerId })
  }
  const venue = isId(venueId) ? await venueById(tx, venueId) : undefined
  if (!venue?.isActive || venue.partnerId !== partnerId) {
    return refuse('VenueUnavailable', 'There is no such venue that the partner may use.', { venueId })
  }
  const planId = draft.seatingPlanId ?? null
  if (planId !== null && !(isId(planId) && (await planOfVenue(tx, planId, venueId)))) {
    return refuse('SeatingPlanNotFound', 'There is no such seating plan of the venue.', { seatingPlanId: planId })
  }

  const schedule = decideSchedule(draft, at)
  if (!schedule.ok) throw badInput(`input.${schedule.facts.field}`, schedule.message)
  const categories = planId === null ? [] : await planCategories(tx, planId)
  const event = await insertEvent(tx, {
    id: newId(),
    partnerId,
    venueId,
    seatingPlanId: planId,
    title: draft.title,
    description: draft.description || null,
    category: draft.category,
    status: 'DRAFT',
    ...schedule.value,
    timezone: venue.timezone,
    currency: draft.currency,
    imageUrl: draft.imageUrl ?? null,
    maxTicketsPerBuyer: draft.maxTicketsPerBuyer,
    createdAt: at,
  })
  await insertTicketTypes(tx, ticketTypesOf(event.id, draft, categories))
  await recordAudit(tx, identity, {
    action: 'createEvent',
    resource: { type: 'Event', id: event.id },
    after: { partnerId, venueId, title: event.title, startsAt: event.startsAt.toISOString() },
    at,
  })
  return accept(event)
}

/** Numbers the ticket types in the order in which they were given. */
function ticketTypesOf(eventId: string, draft: EventDraft, categories: readonly PlanCategory[]) {
  return draft.ticketTypes.map((type, index) => {
    const capacity = decideCapacity(type, draft.seatingPlanId != null, categories)
    if (!capacity.ok) throw badInput(`input.ticketTypes[${index}].${capacity.facts.field}`, capacity.message)
    const { name, seated, category, price, minPerBooking, maxPerBooking } = type
    return {
      id: newId(),
      eventId,
      no: index + 1,
      name,
      seated,
      category: category ?? null,
      price,
      capacity: capacity.value,
      minPerBooking,
      maxPerBooking,
    }
  })
}

/** Puts a draft on sale with the seats of its plan. Publishing again changes nothing. */
export async function publishEvent(
  tx: Transaction,
  { identity, eventId, keyring, at }: { identity: Identity; eventId: string; keyring: Keyring; at: Date },
) {
  const event = isId(eventId) ? await eventForUpdate(tx, eventId) : undefined
  if (!event || !mayActFor(identity, event.partnerId, EDITORS, EDITOR_SCOPE)) {
    return refuse('EventNotFound', 'There is no such event of yours.', { eventId })
  }
  if (event.status === 'PUBLISHED') return accept(event)
  const { partnerId, venueId, seatingPlanId } = event
  if (!(await maySell(tx, identity, partnerId))) {
    return refuse('PartnerMayNotSell', 'The partner may not sell.', { partnerId })
  }
  const venue = await venueById(tx, venueId)
  const problems = problemsOf(
    {
      ...event,
      ticketTypes: await ticketTypesOfEvents(tx, [eventId]),
      categories: seatingPlanId === null ? [] : await planCategories(tx, seatingPlanId),
      venueUsable: venue?.isActive === true && venue.partnerId === partnerId,
    },
    at,
  )
  if (problems.length > 0) return refuse('EventNotPublishable', problems.join(' '), { problems })

  const published = await markPublished(tx, eventId, at)
  await copySeats(tx, eventId)
  await copyRowHints(tx, eventId)
  await stockAdmission(tx, eventId)
  await keyring.createEventKey(tx, eventId)
  const { title, category, startsAt } = published
  await emit(tx, EventPublished, {
    eventId,
    partnerId,
    venueId,
    title,
    category,
    startsAt: startsAt.toISOString(),
    at: at.toISOString(),
  })
  await recordAudit(tx, identity, {
    action: 'publishEvent',
    resource: { type: 'Event', id: eventId },
    before: { status: 'DRAFT' },
    after: { status: 'PUBLISHED' },
    at,
  })
  return accept(published)
}

/** Whether the caller may change events of the partner, and the partner may sell. */
async function maySell(tx: Transaction, identity: Identity, partnerId: string): Promise<boolean> {
  if (!isId(partnerId) || !mayActFor(identity, partnerId, EDITORS, EDITOR_SCOPE)) return false
  return (await partnerById(tx, partnerId))?.status === 'VERIFIED'
}
