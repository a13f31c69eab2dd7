import { isDeepStrictEqual } from 'node:util'
import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { badInput } from '@tikitu/runtime/fault'
import { onceForKey } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { EventRescheduled } from '@tikitu/schema/events/booking'
import { lockEventAgainstBuyers } from '../bookings/booking.sql.ts'
import { startFollowUp } from '../follow-ups/follow-ups.ts'
import { editableEvent, noSuchEvent } from './editors.ts'
import { decideSchedule, movedSales, movedSchedule, refundableUntil } from './event.rules.ts'
import { clock, theEvent, ticketTypesOfEvents, updateEventRow, type EventRow } from './event.sql.ts'
import { tellOfUpdate } from './telling.ts'
import { updateTicketType } from './ticket-type.sql.ts'

/** A partner wants an event at another time. */
export interface Rescheduling {
  readonly identity: Identity
  readonly eventId: string
  readonly startsAt: Date
  readonly endsAt?: Date | null | undefined
  readonly doorsAt?: Date | null | undefined
  readonly salesCloseAt?: Date | null | undefined
  /** What its buyers are told. */
  readonly reason: string
  readonly idempotencyKey: string
  /** How many days those who have bought may have their money back. */
  readonly refundDays: number
  readonly at: Date
}

/**
 * Moves a published event. Tickets stay what they are; whoever bought before is told, and may cancel for all of the price
 * for some days. The times that it has already are accepted, and nobody is told.
 */
export async function rescheduleEvent(tx: Transaction, command: Rescheduling) {
  const { identity, idempotencyKey: key, eventId, startsAt, endsAt, doorsAt, salesCloseAt, reason } = command
  const request = { eventId, startsAt, endsAt, doorsAt, salesCloseAt, reason }
  const wish = { caller: actorOf(identity).id, key, operation: 'rescheduleEvent', request }
  const outcome = await onceForKey(tx, wish, () => rescheduleOnce(tx, command))
  return outcome.ok ? accept(await theEvent(tx, outcome.value.id)) : outcome
}

async function rescheduleOnce(tx: Transaction, command: Rescheduling) {
  const { identity, eventId, reason, refundDays } = command
  const event = await editableEvent(tx, command)
  if (!event) return noSuchEvent(eventId)
  const { status, partnerId, venueId, title, timezone } = event
  if (status !== 'PUBLISHED') {
    return refuse('EventNotReschedulable', `This event is ${status.toLowerCase()}.`, { status })
  }
  const decision = decideSchedule(movedSchedule(event, command), command.at, command)
  if (!decision.ok) throw badInput(`input.${decision.facts.field}`, decision.message)
  const schedule = decision.value
  if (
    event.startsAt.getTime() === schedule.startsAt.getTime() &&
    event.endsAt.getTime() === schedule.endsAt.getTime()
  ) {
    const told = await updateEventRow(tx, eventId, schedule)
    if (!isDeepStrictEqual(told, event)) await tellOfUpdate(tx, told, command.at)
    return accept(told)
  }

  // Who is buying at this moment read the old times: they come first, and belong to those who are told.
  await lockEventAgainstBuyers(tx, eventId)
  const at = await clock(tx)
  const until = refundableUntil(schedule.startsAt, refundDays, at)
  const moved = await updateEventRow(tx, eventId, {
    ...schedule,
    rescheduledAt: at,
    rescheduleReason: reason,
    refundableUntil: until,
  })
  await moveTypes(tx, event, moved.startsAt, at)
  await startFollowUp(tx, { eventId, kind: 'RESCHEDULE', at })
  const times = (row: { readonly startsAt: Date; readonly endsAt: Date }) => ({
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
  })
  await emit(tx, EventRescheduled, {
    eventId,
    partnerId,
    venueId,
    title,
    timezone,
    ...times(moved),
    before: times(event),
    reason,
    refundableUntil: until.toISOString(),
    at: at.toISOString(),
  })
  await recordAudit(tx, identity, {
    action: 'rescheduleEvent',
    resource: { type: 'Event', id: eventId },
    before: times(event),
    after: { ...times(moved), reason },
    at,
  })
  return accept(moved)
}

/** Moves the sales of those ticket types that have sales of their own. */
async function moveTypes(tx: Transaction, { id, startsAt }: EventRow, to: Date, at: Date): Promise<void> {
  const types = await ticketTypesOfEvents(tx, [id])
  for (const type of types.filter(({ salesOpenAt, salesCloseAt }) => salesOpenAt ?? salesCloseAt)) {
    await updateTicketType(tx, type.id, movedSales(type, to.getTime() - startsAt.getTime(), at))
  }
}
