import { violatedConstraint, type Transaction } from '@tikitu/runtime/database'
import { onceForKey } from '@tikitu/runtime/idempotency'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { isId } from '@tikitu/runtime/ids'
import { termsOfHold } from '../prices/fee-terms.ts'
import { quoteFor } from '../prices/price.rules.ts'
import { partnerById } from '../venues/venue.sql.ts'
import { commissionOf, decideCheckout, minutesFrom, policyFor, type CommissionTerms } from './booking.rules.ts'
import { lockBuyerAndEvent, sagaBooking, type SagaBooking } from './booking.sql.ts'
import { expectUnits, keepSeats, lockStock, sellSeats } from './places.sql.ts'
import { newReference } from './reference.ts'
import { tryToTake } from './transition.ts'

/** A buyer wants to buy what they hold. */
export interface Checkout {
  readonly holdId: string
  readonly userId: string
  readonly idempotencyKey: string
  /** The platform's settings. */
  readonly terms: CheckoutTerms
  readonly at: Date
  /** Draws a reference; another one is drawn when it is taken. */
  readonly drawReference?: () => string
}

/** What the platform's settings say about a sale. */
export interface CheckoutTerms {
  /** How long the booking waits for money, in minutes. */
  readonly paymentMinutes: number
  /** Until how many hours before the event its buyer may cancel. */
  readonly cancellationHours: number
  /** How much of what was paid comes back then, in basis points. */
  readonly refundBasisPoints: number
  /** When the partner has none of its own. */
  readonly commission: CommissionTerms
}

/**
 * Turns a live hold into a booking at the price that was shown, which waits for money; a free one is confirmed at once.
 * Fees and taxes are those of when the hold was made; commission and cancellation are on the terms of now for good.
 */
export async function checkout(tx: Transaction, command: Checkout) {
  const { userId, idempotencyKey, holdId } = command
  const wish = { caller: userId, key: idempotencyKey, operation: 'checkout', request: { holdId } }
  return onceForKey(tx, wish, () => checkoutOnce(tx, command))
}

async function checkoutOnce(tx: Transaction, { holdId, userId, terms, at, drawReference = newReference }: Checkout) {
  // A hold that ends meanwhile does not count any more, and its buyer could hold as many again beside the booking.
  if (isId(holdId)) await lockBuyerAndEvent(tx, userId, holdId)
  const hold = isId(holdId) ? await sagaBooking(tx, holdId) : null
  if (hold?.userId !== userId) return refuse('HoldNotFound', 'There is no such hold.', { holdId })
  const decision = decideCheckout(hold, at)
  if (!decision.ok) return decision

  const commission = await commissionTermsOf(tx, hold.partnerId, terms)
  const { lines, subtotal, fees, taxes, total } = quoteFor(hold.lines, await termsOfHold(tx, holdId))
  const isFree = total === 0
  const deadline = isFree ? hold.expiresAt : minutesFrom(at, terms.paymentMinutes)
  // The stock is the one row that everybody waits for, and it need not hear of a deadline that is later than the hold's.
  const comesBackSooner = hold.ticketTypeId !== null && deadline < hold.expiresAt
  if (hold.ticketTypeId !== null && comesBackSooner) await lockStock(tx, hold.ticketTypeId)

  const moved = await underNewReference(tx, drawReference, (savepoint, reference) =>
    tryToTake(savepoint, {
      booking: hold,
      on: 'checkout',
      when: isFree ? 'free' : 'paid',
      at,
      changes: {
        reference,
        lines,
        fees,
        taxes,
        total,
        // The platform keeps its fees, and what it owes the tax office.
        commission: commissionOf(subtotal, hold.quantity, commission) + fees + taxes,
        policy: policyFor(hold.event.startsAt, terms.cancellationHours, terms.refundBasisPoints),
        expiresAt: deadline,
        checkedOutAt: at,
      },
    }),
  )
  if (!moved) return whatHappened(tx, holdId, at)
  const kept = await keepPlaces(tx, hold, { isFree, deadline, comesBackSooner })
  // It ended between the beginning of this transaction and now, and somebody was quicker.
  if (!kept) return refuse('HoldExpired', 'This hold has ended.', { holdId, expiredAt: hold.expiresAt })
  return accept({ id: holdId })
}

/** What the partner pays for a sale of now. */
async function commissionTermsOf(
  tx: Transaction,
  partnerId: string,
  { commission }: CheckoutTerms,
): Promise<CommissionTerms> {
  const partner = await partnerById(tx, partnerId)
  if (!partner) return commission
  return { basisPoints: partner.commissionBasisPoints, fixedPerTicket: partner.commissionFixedPerTicket }
}

/** How many references are drawn at most; with a billion bookings, one in a hundred draws is taken already. */
const DRAWS_MAX = 5

/** Runs the work under a reference; when that is taken, undoes it and draws another. */
async function underNewReference(
  tx: Transaction,
  draw: () => string,
  work: (savepoint: Transaction, reference: string) => Promise<boolean>,
): Promise<boolean> {
  for (let drawn = 1; ; drawn++) {
    try {
      return await tx.transaction((savepoint) => work(savepoint, draw()))
    } catch (error) {
      if (drawn >= DRAWS_MAX || violatedConstraint(error) !== 'bookings_reference_once') throw error
    }
  }
}

/** Somebody else has moved the hold since it was read: a checkout under another key, a release, or its end. */
async function whatHappened(tx: Transaction, holdId: string, at: Date) {
  const hold = await sagaBooking(tx, holdId)
  const decision = hold ? decideCheckout(hold, at) : refuse('HoldNotFound', 'There is no such hold.', { holdId })
  if (decision.ok) throw new Error(`hold ${holdId} was live twice and could not be checked out`)
  return decision
}

/** How the places of a hold go on. */
interface Kept {
  readonly isFree: boolean
  readonly deadline: Date
  readonly comesBackSooner: boolean
}

/** False when one of the seats is somebody else's. */
async function keepPlaces(
  tx: Transaction,
  { id, eventId, seatNos, ticketTypeId, quantity }: SagaBooking,
  { isFree, deadline, comesBackSooner }: Kept,
): Promise<boolean> {
  if (seatNos !== null) {
    const seats = { eventId, bookingId: id, seatNos }
    return isFree ? sellSeats(tx, seats) : (await keepSeats(tx, seats, deadline)) === quantity
  }
  if (ticketTypeId !== null && comesBackSooner) await expectUnits(tx, ticketTypeId, deadline)
  return true
}
