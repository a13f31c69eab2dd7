import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { badInput } from '@tikitu/runtime/fault'
import { onceIfKeyed } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { EventPublished } from '@tikitu/schema/events/booking'
import type { Keyring } from '../tickets/keyring.ts'
import { planCategories } from '../venues/plan.sql.ts'
import { venueById } from '../venues/venue.sql.ts'
import { findPlace, numberTicketTypes } from './drafts.ts'
import { editableEvent, maySell, noSuchEvent } from './editors.ts'
import type { EventDraft } from './event-draft.ts'
import { decideSchedule, problemsOf } from './event.rules.ts'
import {
  copyRowHints,
  copySeats,
  insertEvent,
  insertTicketTypes,
  markPublished,
  stockAdmission,
  theEvent,
  ticketTypesOfEvents,
} from './event.sql.ts'

/** Somebody wants an event. */
interface Drafting {
  readonly identity: Identity
  readonly draft: EventDraft
  readonly at: Date
}

/**
 * Drafts an event at one of the partner's venues; repeated under its key, the first one is the answer. What cannot be in
 * any case is the fault BAD_USER_INPUT.
 */
export async function createEvent(tx: Transaction, drafting: Drafting) {
  const { idempotencyKey: key, ...request } = drafting.draft
  const wish = { caller: actorOf(drafting.identity).id, key, operation: 'createEvent', request }
  const outcome = await onceIfKeyed(tx, wish, () => createOnce(tx, drafting))
  return outcome.ok ? accept(await theEvent(tx, outcome.value.id)) : outcome
}

async function createOnce(tx: Transaction, { identity, draft, at }: Drafting) {
  const { partnerId, venueId } = draft
  if (!(await maySell(tx, identity, partnerId))) {
    return refuse('PartnerMayNotSell', 'There is no such partner of yours that may sell.', { partnerId })
  }
  const place = await findPlace(tx, draft)
  if (!place.ok) return place

  const schedule = decideSchedule(draft, at)
  if (!schedule.ok) throw badInput(`input.${schedule.facts.field}`, schedule.message)
  const event = await insertEvent(tx, {
    id: newId(),
    partnerId,
    venueId,
    seatingPlanId: place.value.planId,
    title: draft.title,
    description: draft.description || null,
    category: draft.category,
    status: 'DRAFT',
    ...schedule.value,
    timezone: place.value.timezone,
    currency: draft.currency,
    imageUrl: draft.imageUrl ?? null,
    maxTicketsPerBuyer: draft.maxTicketsPerBuyer,
    createdAt: at,
  })
  await insertTicketTypes(tx, numberTicketTypes(event.id, draft.ticketTypes, place.value))
  await recordAudit(tx, identity, {
    action: 'createEvent',
    resource: { type: 'Event', id: event.id },
    after: { partnerId, venueId, title: event.title, startsAt: event.startsAt.toISOString() },
    at,
  })
  return accept(event)
}

/** Somebody wants a draft to be on sale. */
interface Publishing {
  readonly identity: Identity
  readonly eventId: string
  readonly idempotencyKey: string | null
  /** Makes the event's key. */
  readonly keyring: Keyring
  readonly at: Date
}

/** Puts a draft on sale: its seats and its stock exist from now on. Publishing again changes nothing. */
export async function publishEvent(tx: Transaction, command: Publishing) {
  const { identity, eventId, idempotencyKey: key } = command
  const wish = { caller: actorOf(identity).id, key, operation: 'publishEvent', request: { eventId } }
  const outcome = await onceIfKeyed(tx, wish, () => publishOnce(tx, command))
  return outcome.ok ? accept(await theEvent(tx, outcome.value.id)) : outcome
}

async function publishOnce(tx: Transaction, { identity, eventId, keyring, at }: Publishing) {
  const event = await editableEvent(tx, { identity, eventId })
  if (!event) return noSuchEvent(eventId)
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
