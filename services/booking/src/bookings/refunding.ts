import { recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { onceForKey } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { lockTickets, ticketsOfBookings } from '../tickets/ticket.sql.ts'
import { isCheckedOut } from './booking.rules.ts'
import { lockedBooking, sagaBooking, type SagaBooking } from './booking.sql.ts'
import { endBooking } from './cancellation.ts'
import { goodPaymentOf, type BookingPaymentRow } from './payment.sql.ts'
import { lockBeforeBooking } from './places.ts'
import { giveUpTickets } from './places.sql.ts'
import { decideRefund, type RefundPart, type RefundPlan } from './refund.rules.ts'
import { requestRefund } from './settlement.ts'
import { take } from './transition.ts'
import { mayViewBooking, personOf, requireRefunder } from './viewer.ts'

/** Staff want a buyer to have a part of their money back, or all of it. */
export interface RefundBooking extends RefundPart {
  readonly bookingId: string
  readonly reason: string
  readonly idempotencyKey: string
  readonly identity: Identity
  readonly at: Date
}

/**
 * Gives back chosen tickets of a booking, which are worth nothing from then on and whose places are on sale again, or an
 * amount. For the seller's owners and managers, finance and support; written to the audit log. Above a limit the money
 * waits for an admin; tickets are taken at once, and are owed then.
 */
export async function refundBooking(tx: Transaction, command: RefundBooking) {
  const { identity, idempotencyKey, bookingId, reason, ticketIds, amount } = command
  const request = { bookingId, reason, ticketIds: ticketIds?.toSorted(), amount }
  const wish = { caller: personOf(identity), key: idempotencyKey, operation: 'refundBooking', request }
  return onceForKey(tx, wish, () => refundOnce(tx, command))
}

async function refundOnce(tx: Transaction, { bookingId, identity, reason, at, ...part }: RefundBooking) {
  const noSuchBooking = refuse('BookingNotFound', 'There is no such booking.', { bookingId })
  const seen = isId(bookingId) ? await sagaBooking(tx, bookingId) : null
  if (!seen || !mayViewBooking(identity, seen)) return noSuchBooking
  requireRefunder(identity, seen)

  await lockBeforeBooking(tx, seen)
  const booking = (await lockedBooking(tx, bookingId)) ?? seen
  const { status } = booking
  if (!isCheckedOut(status)) return noSuchBooking
  await lockTickets(tx, bookingId)
  const good = await goodPaymentOf(tx, bookingId)
  const tickets = await ticketsOfBookings(tx, [bookingId])
  const left = good ? good.amount - good.promised : 0
  const decision = decideRefund({ ...booking, status, tickets, left }, part, at)
  if (!decision.ok) return decision
  if (!good) throw new Error(`booking ${bookingId} has money left of a payment that it does not have`)

  const plan = decision.value
  await carryOut(tx, { booking, good, plan, reason, at, decidedBy: personOf(identity) })
  await recordAudit(tx, identity, {
    action: 'refundBooking',
    resource: { type: 'Booking', id: bookingId },
    before: { status, left },
    after: { kind: plan.kind, amount: plan.amount, tickets: plan.kind === 'TICKETS' ? [...plan.ticketIds] : [] },
    at,
  })
  return accept({ id: bookingId })
}

interface Refunding {
  readonly booking: SagaBooking
  readonly good: BookingPaymentRow
  readonly plan: RefundPlan
  readonly reason: string
  readonly decidedBy: string
  readonly at: Date
}

async function carryOut(tx: Transaction, { booking, good, plan, reason, decidedBy, at }: Refunding): Promise<void> {
  const { kind, amount } = plan
  if (kind === 'WHOLE') return endBooking(tx, booking, { reason, refund: amount, decidedBy, at })
  const refund = await requestRefund(tx, { ...good, amount, kind, reason, decidedBy, at })
  const on = kind === 'TICKETS' ? 'refund of tickets' : 'refund of goodwill'
  await take(tx, { booking, on, at, news: { reason, refund } })
  if (kind === 'TICKETS') await giveUpTickets(tx, booking, plan.ticketIds)
}
