import { actorOf, recordAudit, type Json } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { badInput } from '@tikitu/runtime/fault'
import { onceForKey } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { accept, refuse } from '@tikitu/runtime/outcome'
import type { z } from 'zod'
import { planCategories } from '../venues/plan.sql.ts'
import { numberTicketTypes } from './drafts.ts'
import { editableEvent, noSuchEvent } from './editors.ts'
import { TICKET_TYPES_MAX, type EventDraft, type ticketTypeChange } from './event-draft.ts'
import { problemsOfTypes, type PlanCategory } from './event.rules.ts'
import {
  insertTicketTypes,
  stockAdmission,
  theEvent,
  ticketTypesOfEvents,
  type EventRow,
  type TicketTypeRow,
} from './event.sql.ts'
import { restock, sellCategory, takenUnits, updateTicketType } from './ticket-type.sql.ts'

/** What of a ticket type is to be another. */
type TypeChange = z.infer<typeof ticketTypeChange>

/** Somebody wants an event that is on sale to have other ticket types. */
export interface TicketTypesChange {
  readonly identity: Identity
  readonly eventId: string
  /** Kinds of ticket that there were not. */
  readonly add: EventDraft['ticketTypes']
  /** Those that there are. */
  readonly change: readonly TypeChange[]
  readonly idempotencyKey: string
  readonly at: Date
}

/**
 * Adds ticket types to a published event and changes those that it has, all or none. What somebody holds or has bought
 * keeps its price; a capacity never falls below what is held and sold. What cannot be in any case is BAD_USER_INPUT.
 */
export async function changeTicketTypes(tx: Transaction, command: TicketTypesChange) {
  const { identity, idempotencyKey: key, eventId, add, change } = command
  const request = { eventId, add, change }
  const wish = { caller: actorOf(identity).id, key, operation: 'changeTicketTypes', request }
  const outcome = await onceForKey(tx, wish, () => changeOnce(tx, command))
  return outcome.ok ? accept(await theEvent(tx, outcome.value.id)) : outcome
}

async function changeOnce(tx: Transaction, { identity, eventId, add, change, at }: TicketTypesChange) {
  const event = await editableEvent(tx, { identity, eventId })
  if (!event) return noSuchEvent(eventId)
  const { status, seatingPlanId } = event
  if (status !== 'PUBLISHED') {
    const message = `This event is ${status.toLowerCase()}: only what is on sale is changed like this.`
    return refuse('EventFieldsFixed', message, { status, fields: ['ticketTypes'] })
  }
  const before = await ticketTypesOfEvents(tx, [eventId])
  if (before.length + add.length > TICKET_TYPES_MAX) {
    throw badInput('input.add', `must leave the event at most ${TICKET_TYPES_MAX} ticket types`)
  }
  const categories = seatingPlanId === null ? [] : await planCategories(tx, seatingPlanId)
  const added = additions(event, add, before, categories)
  const changed = alterations(change, before)
  if (!changed.ok) return changed

  const after = before.map((type) => ({ ...type, ...changed.value.get(type.id) }))
  const problems = problemsOfTypes({ ticketTypes: [...after, ...added], categories })
  if (problems.length > 0) return refuse('EventNotPublishable', problems.join(' '), { problems })

  for (const [id, columns] of changed.value) {
    const room = columns.capacity === undefined ? accept() : await giveRoom(tx, id, columns.capacity)
    if (!room.ok) return room
    await updateTicketType(tx, id, columns)
  }
  if (added.length > 0) await insertTicketTypes(tx, added)
  for (const { no } of added.filter(({ seated }) => seated)) await sellCategory(tx, eventId, no)
  await stockAdmission(tx, eventId)
  await recordAudit(tx, identity, {
    action: 'changeTicketTypes',
    resource: { type: 'Event', id: eventId },
    before: { ticketTypes: before.map(told) },
    after: { ticketTypes: (await ticketTypesOfEvents(tx, [eventId])).map(told) },
    at,
  })
  return accept(event)
}

/** The rows of what is added, numbered after those that there are. */
function additions(
  { id, seatingPlanId }: EventRow,
  add: EventDraft['ticketTypes'],
  before: readonly TicketTypeRow[],
  categories: readonly PlanCategory[],
) {
  const last = Math.max(...before.map(({ no }) => no))
  const rows = numberTicketTypes(id, add, { planId: seatingPlanId, categories }, 'input.add')
  return rows.map((row) => ({ ...row, no: last + row.no }))
}

type Columns = Partial<Omit<TicketTypeRow, 'currency'>>

/** What is written of each type that is changed, by its id. */
function alterations(change: readonly TypeChange[], before: readonly TicketTypeRow[]) {
  const byId = new Map<string, Columns>()
  for (const [index, { ticketTypeId, ...wish }] of change.entries()) {
    const field = `input.change[${index}]`
    const type = before.find(({ id }) => id === ticketTypeId)
    if (!type) return refuse('TicketTypeNotFound', 'The event has no such ticket type.', { ticketTypeId })
    if (byId.has(ticketTypeId)) throw badInput(`${field}.ticketTypeId`, 'is changed twice')
    if (type.seated && wish.capacity !== undefined) throw badInput(`${field}.capacity`, 'is what the plan has of seats')
    const columns: Columns = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined))
    const { minPerBooking, maxPerBooking, salesOpenAt, salesCloseAt } = { ...type, ...columns }
    if (minPerBooking > maxPerBooking) throw badInput(`${field}.minPerBooking`, 'must not be more than maxPerBooking')
    if (salesOpenAt && salesCloseAt && salesOpenAt >= salesCloseAt) {
      throw badInput(`${field}.salesCloseAt`, 'must be after salesOpenAt')
    }
    byId.set(ticketTypeId, columns)
  }
  return accept(byId)
}

/** Gives a general-admission type another capacity; refuses with how many are taken when it is less. */
async function giveRoom(tx: Transaction, ticketTypeId: string, capacity: number) {
  const taken = await takenUnits(tx, ticketTypeId)
  if (capacity < taken) {
    const message = `${taken} of these tickets are held or sold: there cannot be only ${capacity}.`
    return refuse('CapacityTaken', message, { ticketTypeId, taken })
  }
  await restock(tx, ticketTypeId, capacity)
  return accept()
}

/** Of a ticket type what can be changed, as the audit log keeps it. */
function told({ id, name, price, capacity, minPerBooking, maxPerBooking, ...type }: TicketTypeRow): Json {
  const [salesOpenAt, salesCloseAt] = [type.salesOpenAt, type.salesCloseAt].map((time) => time?.toISOString() ?? null)
  const window = { salesOpenAt: salesOpenAt ?? null, salesCloseAt: salesCloseAt ?? null }
  return { id, name, price, capacity, minPerBooking, maxPerBooking, ...window }
}
