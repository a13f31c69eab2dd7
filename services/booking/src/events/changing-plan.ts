import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { onceForKey } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { lockEventAgainstBuyers } from '../bookings/booking.sql.ts'
import { endUnpaid } from '../bookings/cancellation.ts'
import { planCategories } from '../venues/plan.sql.ts'
import { findPlace } from './drafts.ts'
import { editableEvent, noSuchEvent } from './editors.ts'
import { problemsOfTypes } from './event.rules.ts'
import { copyRowHints, theEvent, ticketTypesOfEvents } from './event.sql.ts'
import { adoptSeats, mergePlans, recountSeats, unpaidOfTakenOut } from './plan-change.sql.ts'

/** Somebody wants an event that is on sale to have another version of its venue's plan. */
export interface PlanChangeWish {
  readonly identity: Identity
  readonly eventId: string
  readonly seatingPlanId: string
  readonly idempotencyKey: string
  readonly at: Date
}

/**
 * Gives a published event another plan of its venue. Seats are told apart by their ids: what is new is sold, and what the
 * plan does not have any more is not, but stays what it is for whoever has bought it. Holds of such seats, and bookings
 * of them that nobody has paid, end. A seat that stays has the category of the new plan, unless somebody holds or has bought
 * it: then it keeps the one that they were promised.
 */
export async function changeSeatingPlan(tx: Transaction, command: PlanChangeWish) {
  const { identity, idempotencyKey: key, eventId, seatingPlanId } = command
  const wish = {
    caller: actorOf(identity).id,
    key,
    operation: 'changeSeatingPlan',
    request: { eventId, seatingPlanId },
  }
  const outcome = await onceForKey(tx, wish, () => changeOnce(tx, command))
  return outcome.ok ? accept(await theEvent(tx, outcome.value.id)) : outcome
}

async function changeOnce(tx: Transaction, { identity, eventId, seatingPlanId, at }: PlanChangeWish) {
  const event = await editableEvent(tx, { identity, eventId })
  if (!event) return noSuchEvent(eventId)
  const { status, partnerId, venueId, seatingPlanId: oldPlanId } = event
  if (status !== 'PUBLISHED') {
    const message = `This event is ${status.toLowerCase()}: only what is on sale is changed like this.`
    return refuse('EventFieldsFixed', message, { status, fields: ['seatingPlanId'] })
  }
  const place = await findPlace(tx, { partnerId, venueId, seatingPlanId })
  if (!place.ok) return place

  // Nobody becomes a buyer of a seat meanwhile that they would have been told is gone.
  await lockEventAgainstBuyers(tx, eventId)
  const mergedId = newId()
  await mergePlans(tx, { eventId, oldPlanId, newPlanId: seatingPlanId, mergedId })
  // First of all, so that nobody takes one of them any more while those who have are found.
  const seats = await adoptSeats(tx, { eventId, newPlanId: seatingPlanId })
  const categories = await planCategories(tx, mergedId)
  const problems = problemsOfTypes({ ticketTypes: await ticketTypesOfEvents(tx, [eventId]), categories })
  if (problems.length > 0) return refuse('EventNotPublishable', problems.join(' '), { problems })

  const ended = await unpaidOfTakenOut(tx, eventId)
  for (const bookingId of ended) await endUnpaid(tx, { bookingId, reason: 'the seat is not there any more', at })
  await copyRowHints(tx, eventId)
  await recountSeats(tx, eventId)
  await recordAudit(tx, identity, {
    action: 'changeSeatingPlan',
    resource: { type: 'Event', id: eventId },
    before: { seatingPlanId: oldPlanId },
    after: { seatingPlanId, ...seats, ended: ended.length },
    at,
  })
  return accept(event)
}
