import { accept, refuse } from '@tikitu/runtime/outcome'
import { shareOf } from '@tikitu/runtime/money'

/** Where a booking stands. HELD and RELEASED are those of a hold, which nobody has checked out. */
export type BookingStatus =
  | 'HELD'
  | 'RELEASED'
  | 'PENDING'
  | 'CONFIRMED'
  | 'COMPLETED'
  | 'EXPIRED'
  | 'CANCELLING'
  | 'CANCELLED'
  | 'REFUND_DUE'
  | 'REFUNDED'
  | 'CHARGEBACK'

/** Where what has been checked out stands. */
export type CheckedOutStatus = Exclude<BookingStatus, 'HELD' | 'RELEASED'>

/** Whether it is more than a hold. */
export function isCheckedOut(status: BookingStatus): status is CheckedOutStatus {
  return status !== 'HELD' && status !== 'RELEASED'
}

/** Where the booking's event stands. */
type EventStatus = 'DRAFT' | 'PUBLISHED' | 'CANCELLED' | 'COMPLETED'

const MINUTE_MILLISECONDS = 60_000
const HOUR_MILLISECONDS = 60 * MINUTE_MILLISECONDS

/** All of the price. */
const WHOLE = 10_000

/** A hold, and what decides whether it may be checked out. */
export interface CheckoutFacts {
  readonly id: string
  readonly status: BookingStatus
  /** Null while it is a hold. */
  readonly reference: string | null
  readonly expiresAt: Date
  /** The database compared the end of the hold with its clock. */
  readonly isOver: boolean
  readonly event: {
    readonly status: EventStatus
    readonly endsAt: Date
    readonly salesOpenAt: Date | null
    readonly salesCloseAt: Date
  }
}

/**
 * May this hold become a booking? Who held in time may check out although sales have closed since; not when the event
 * was called off or is over. Says nothing about somebody who checks out the same hold at the same moment.
 */
export function decideCheckout({ id, status, reference, expiresAt, isOver, event }: CheckoutFacts, at: Date) {
  if (reference !== null) return refuse('HoldAlreadyUsed', 'This hold was checked out before.', { bookingId: id })
  if (status === 'RELEASED') return refuse('HoldNotFound', 'There is no such hold.', { holdId: id })
  if (status !== 'HELD' || isOver)
    return refuse('HoldExpired', 'This hold has ended.', { holdId: id, expiredAt: expiresAt })
  if (event.status !== 'PUBLISHED' || at >= event.endsAt)
    return refuse('SalesClosed', 'This event is not on sale any more.', {
      opensAt: event.salesOpenAt,
      closesAt: event.salesCloseAt,
    })
  return accept()
}

/** What a partner pays for a sale. */
export interface CommissionTerms {
  readonly basisPoints: number
  /** For each ticket, in minor units. */
  readonly fixedPerTicket: number
}

/** The platform's share of what a booking's tickets cost, in minor units; never more than that. */
export function commissionOf(
  total: number,
  quantity: number,
  { basisPoints, fixedPerTicket }: CommissionTerms,
): number {
  return Math.min(total, shareOf(total, basisPoints) + quantity * fixedPerTicket)
}

/** The instant so many minutes from now. */
export function minutesFrom(at: Date, minutes: number): Date {
  return new Date(at.getTime() + minutes * MINUTE_MILLISECONDS)
}

/** The terms under which a buyer may cancel, as they were when they bought. */
export interface FrozenPolicy {
  /** The last instant, ISO 8601, as the event was then. */
  readonly until: string
  readonly refundBasisPoints: number
  /** How many hours before the event that is; missing in bookings from before it was kept. */
  readonly hours?: number
}

/** Until when, and for how much, a booking made now may be cancelled by its buyer. */
export function policyFor(startsAt: Date, cancellationHours: number, refundBasisPoints = WHOLE): FrozenPolicy {
  const until = new Date(startsAt.getTime() - cancellationHours * HOUR_MILLISECONDS)
  return { until: until.toISOString(), refundBasisPoints, hours: cancellationHours }
}

/**
 * The last instant at which the buyer may cancel. It moves with the event when that is put off, and never comes sooner than
 * was promised; nobody cancels what has begun.
 */
export function deadlineOf({ until, hours }: FrozenPolicy, startsAt: Date): Date {
  const promised = Date.parse(until)
  const moved = hours === undefined ? promised : startsAt.getTime() - hours * HOUR_MILLISECONDS
  return new Date(Math.min(Math.max(promised, moved), startsAt.getTime()))
}

/** As what somebody cancels: the buyer is bound by the policy, the seller and our support are not. */
export type Canceller = 'BUYER' | 'SELLER' | 'SUPPORT'

/** A booking, and what decides whether it may be cancelled. */
export interface CancellationFacts {
  readonly status: CheckedOutStatus
  readonly total: number
  readonly policy: FrozenPolicy | null
  readonly checkedOutAt: Date | null
  readonly event: {
    readonly startsAt: Date
    readonly endsAt: Date
    /** When its times were changed last, and until when those who had booked before may have all their money back. */
    readonly rescheduledAt: Date | null
    readonly refundableUntil: Date | null
  }
  /** Tickets of it that have let somebody in, and that are somebody else's than the buyer's. */
  readonly tickets: { readonly used: number; readonly transferred: number }
}

/**
 * May this booking be cancelled now, and how much of what was paid goes back? The buyer may until the policy's last
 * instant and while nobody has come in, and for all of the price for a while after the event was moved; an unpaid booking,
 * and for sellers and support any, until the event ends.
 */
export function decideCancellation(booking: CancellationFacts, canceller: Canceller, at: Date) {
  const { status, total, policy, event, tickets } = booking
  const isOpen = status === 'PENDING' || status === 'CONFIRMED'
  if (!isOpen || at >= event.endsAt) return notCancellable(status, 'This booking cannot be cancelled any more.')
  if (canceller === 'BUYER' && status === 'CONFIRMED') {
    if (tickets.used > 0) return notCancellable(status, 'A ticket of this booking was used already.')
    if (tickets.transferred > 0) return notCancellable(status, 'A ticket of this booking is somebody else’s by now.')
    if (wasMovedFrom(booking, at)) return accept({ refund: total })
    if (policy === null || at > deadlineOf(policy, event.startsAt))
      return notCancellable(status, 'It is too late to cancel this booking.')
    return accept({ refund: shareOf(total, policy.refundBasisPoints) })
  }
  return accept({ refund: status === 'CONFIRMED' ? total : 0 })
}

/** Whether the event was moved after this was bought, so recently that nobody is held to the new times. */
function wasMovedFrom(
  { checkedOutAt, event: { rescheduledAt, refundableUntil } }: CancellationFacts,
  at: Date,
): boolean {
  if (checkedOutAt === null || rescheduledAt === null || refundableUntil === null) return false
  return checkedOutAt <= rescheduledAt && at <= refundableUntil
}

const notCancellable = (status: CheckedOutStatus, message: string) =>
  refuse('BookingNotCancellable', message, { status })

/** What a payment found when it arrived. */
export interface PaymentFacts {
  readonly status: BookingStatus
  /** Null when it never became a booking. */
  readonly reference: string | null
  readonly total: number
  readonly currency: string
  /** Whether an earlier payment bought tickets. */
  readonly wasPaid: boolean
  /** The database compared the deadline with its clock. */
  readonly isOver: boolean
  readonly event: {
    readonly status: EventStatus
    readonly endsAt: Date
    readonly salesOpenAt: Date | null
    readonly salesCloseAt: Date
  }
}

/**
 * What a good payment is worth. `confirm`: the seats are still the booking's. `take again`: too late, but the seats may
 * be taken if nobody else has and the buyer may still have as many. `cancelled`: somebody has said no to the booking
 * meanwhile, and the money goes back. `too late`: the event is not on sale any more. `surplus`: it is not what was asked
 * for, or it was paid before; it goes back and the booking stays as it is.
 */
export function decideOnPayment(booking: PaymentFacts, paid: { amount: number; currency: string }, at: Date) {
  const { status, reference, total, currency, wasPaid, isOver, event } = booking
  const isThePrice = paid.amount === total && paid.currency === currency
  const waits = status === 'PENDING' || status === 'EXPIRED' || status === 'CANCELLED'
  if (reference === null || wasPaid || !isThePrice || !waits) return 'surplus'
  if (status === 'CANCELLED') return 'cancelled'
  if (event.status !== 'PUBLISHED' || at >= event.endsAt) return 'too late'
  if (status === 'PENDING' && !isOver) return 'confirm'
  return isOnSale(event, at) ? 'take again' : 'too late'
}

/** Whether places that went back on sale may be sold to their buyer again. */
function isOnSale({ status, endsAt, salesOpenAt, salesCloseAt }: PaymentFacts['event'], at: Date): boolean {
  const isOpen = salesOpenAt !== null && at >= salesOpenAt && at < salesCloseAt
  return status === 'PUBLISHED' && at < endsAt && isOpen
}

/** A booking whose tickets were taken because a bank took its payment back, and how its disputes stand. */
export interface DisputedFacts {
  /** What was paid, and what of it was promised back, in minor units. */
  readonly amount: number
  readonly promised: number
  readonly disputes: readonly { readonly status: 'OPEN' | 'WON' | 'LOST'; readonly lost: number }[]
  readonly event: PaymentFacts['event']
}

/** What of a payment its buyer has neither from their bank nor promised back, in minor units. */
export function keptOf({ amount, promised, disputes }: Omit<DisputedFacts, 'event'>): number {
  const lost = disputes.reduce((sum, dispute) => sum + dispute.lost, 0)
  return Math.max(0, amount - promised - lost)
}

/**
 * What follows when a bank has decided. `wait`: another dispute of the payment is open. `give back`: all were won, and the
 * buyer has their tickets again if the places are still to be had and they may still have as many. Otherwise nobody keeps
 * money without tickets: `refund`, of what the buyer does not have yet. `settled`: they have all of it.
 */
export function decideAfterDispute({ event, ...paid }: DisputedFacts, at: Date) {
  if (paid.disputes.some(({ status }) => status === 'OPEN')) return 'wait'
  const isWon = paid.disputes.length > 0 && paid.disputes.every(({ status }) => status === 'WON')
  if (isWon && isOnSale(event, at)) return 'give back'
  return keptOf(paid) > 0 ? 'refund' : 'settled'
}
