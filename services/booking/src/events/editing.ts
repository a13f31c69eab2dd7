import { isDeepStrictEqual } from 'node:util'
import { actorOf, recordAudit, type Json } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { badInput } from '@tikitu/runtime/fault'
import { onceForKey } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { accept } from '@tikitu/runtime/outcome'
import { findPlace, numberTicketTypes } from './drafts.ts'
import { editableEvent, noSuchEvent } from './editors.ts'
import type { EventChanges } from './event-changes.ts'
import { decideEdit, decideSchedule, movedSchedule, touchesSchedule } from './event.rules.ts'
import { replaceTicketTypes, theEvent, ticketTypesOfEvents, updateEventRow, type EventRow } from './event.sql.ts'
import { tellOfUpdate } from './telling.ts'

/** Somebody wants an event to be another. */
interface Edit {
  readonly identity: Identity
  readonly eventId: string
  readonly changes: EventChanges
  readonly idempotencyKey: string
  readonly at: Date
}

/**
 * Changes what is said about an event: of a draft everything, of a published one what no buyer has relied on. What cannot
 * be in any case is the fault BAD_USER_INPUT.
 */
export async function updateEvent(tx: Transaction, edit: Edit) {
  const { identity, idempotencyKey: key, eventId, changes } = edit
  const wish = { caller: actorOf(identity).id, key, operation: 'updateEvent', request: { eventId, changes } }
  const outcome = await onceForKey(tx, wish, () => updateOnce(tx, edit))
  return outcome.ok ? accept(await theEvent(tx, outcome.value.id)) : outcome
}

async function updateOnce(tx: Transaction, { identity, eventId, changes, at }: Edit) {
  const event = await editableEvent(tx, { identity, eventId })
  if (!event) return noSuchEvent(eventId)
  const decision = decideEdit(event.status, changes)
  if (!decision.ok) return decision

  const place = await changedPlace(tx, event, changes)
  if (!place.ok) return place
  const { title, description, category, imageUrl, maxTicketsPerBuyer, currency } = changes
  const columns = {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description: description || null }),
    ...(category !== undefined && { category }),
    ...(imageUrl !== undefined && { imageUrl }),
    ...(maxTicketsPerBuyer !== undefined && { maxTicketsPerBuyer }),
    ...(currency !== undefined && { currency }),
    ...changedSchedule(event, changes, at),
    ...place.value,
  }
  const updated = await updateEventRow(tx, eventId, columns)
  if (!isDeepStrictEqual(updated, event)) await tellOfUpdate(tx, updated, at)
  await recordAudit(tx, identity, {
    action: 'updateEvent',
    resource: { type: 'Event', id: eventId },
    before: told(event, columns),
    after: told(updated, columns),
    at,
  })
  return accept(updated)
}

/** The new times, when some were given. */
function changedSchedule(event: EventRow, changes: EventChanges, at: Date) {
  if (!touchesSchedule(changes)) return {}
  const schedule = decideSchedule(movedSchedule(event, changes), at, changes)
  if (!schedule.ok) throw badInput(`input.${schedule.facts.field}`, schedule.message)
  return schedule.value
}

/** The new venue and plan, and the ticket types that are to be had there. */
async function changedPlace(tx: Transaction, event: EventRow, changes: EventChanges) {
  const { venueId, seatingPlanId, ticketTypes } = changes
  if (venueId === undefined && seatingPlanId === undefined && ticketTypes === undefined) return accept({})
  const wish = {
    partnerId: event.partnerId,
    venueId: venueId ?? event.venueId,
    seatingPlanId: seatingPlanId === undefined ? event.seatingPlanId : seatingPlanId,
  }
  const place = await findPlace(tx, wish)
  if (!place.ok) return place
  const types = ticketTypes ?? (await presentTypes(tx, event.id))
  await replaceTicketTypes(tx, event.id, numberTicketTypes(event.id, types, place.value))
  return accept({ venueId: wish.venueId, seatingPlanId: place.value.planId, timezone: place.value.timezone })
}

/** As they would be wished again: how many seats there are is up to the plan. */
async function presentTypes(tx: Transaction, eventId: string) {
  const types = await ticketTypesOfEvents(tx, [eventId])
  return types
    .toSorted((left, right) => left.no - right.no)
    .map((type) => ({ ...type, capacity: type.seated ? null : type.capacity }))
}

/** Of an event what was changed, as the audit log keeps it; long texts are left out. */
function told(event: EventRow, columns: Partial<EventRow>): Json {
  const values = Object.entries(event).filter(([name]) => name in columns && name !== 'description')
  return Object.fromEntries(values.map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]))
}
