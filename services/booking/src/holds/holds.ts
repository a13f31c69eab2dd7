import { hash } from 'node:crypto'
import type { RequestContext } from '@tikitu/runtime/context'
import type { Database, Transaction } from '@tikitu/runtime/database'
import { onceForKey } from '@tikitu/runtime/idempotency'
import { isId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { currentTrace } from '@tikitu/runtime/trace'
import { eventLayout } from '../inventory/event-layouts.ts'
import { deskOf } from './desk.ts'
import { holdInParts } from './hold-in-parts.ts'
import {
  eventNotFound,
  explainSeats,
  explainType,
  quantityOutOfRange,
  seatsUnknown,
  type CommonAnswer,
  type SalesChannel,
  type TypeAnswer,
} from './hold.rules.ts'
import type { TypeWish } from './hold-batch.sql.ts'
import { giveHoldBack, giveHoldBackIn, holdBestSeats, holdChosenSeats, holdUnits, type Wish } from './hold.sql.ts'

/*
 * These verbs are given a database and not a transaction: each is a single statement that decides, takes and tells,
 * and at busy times one statement does so for many wishes at once. See desk.ts.
 *
 * The relay is not woken for what they publish. Nobody waits for booking.held, which is counted and no more, so it leaves
 * with what others wake the relay for or at its next look; otherwise each batch of a rush would make it go its whole way.
 */

/** Larger than any setting allows. What is longer is refused before it is looked at. */
const SEATS_ASKED_MAX = 60

/** How often a wish is repeated while others are at work in the last places. */
const ATTEMPTS_MAX = 5

/** The limits on holds that are in force. */
export interface HoldLimits {
  readonly seatsPerHold: number
  readonly holdsPerBuyer: number
  readonly holdSeconds: number
}

/** Reads the limits from the settings. */
export function holdLimits(settings: RequestContext['settings']): HoldLimits {
  return {
    seatsPerHold: settings.get('booking.seatsPerHold'),
    holdsPerBuyer: settings.get('booking.holdsPerBuyer'),
    holdSeconds: settings.get('booking.holdMinutes') * 60,
  }
}

/** Who wants tickets of which event, and the name of the wish. */
interface Buyer {
  readonly userId: string
  readonly eventId: string
  readonly idempotencyKey: string
  readonly limits: HoldLimits
  /** Whose allotment it is from; PUBLIC unless said. Whether the buyer may have that is for the caller to know. */
  readonly channel?: SalesChannel
}

/** Reserves these seats, all or none. The same seat twice counts once, and the order does not matter. */
export async function holdSeats(database: Database, { seatIds, ...buyer }: Buyer & { seatIds: readonly string[] }) {
  const { eventId, limits } = buyer
  const layout = isId(eventId) ? await eventLayout(database.orm, eventId) : null
  if (!layout) return eventNotFound(eventId)
  if (seatIds.length > SEATS_ASKED_MAX) return quantityOutOfRange(1, limits.seatsPerHold)

  const { seatNoById, seats } = layout.plan
  const wanted = [...new Set(seatIds)]
  const unknown = wanted.filter((seatId) => !seatNoById.has(seatId))
  if (unknown.length > 0) return seatsUnknown(unknown)

  const seatNos = wanted.flatMap((seatId) => seatNoById.get(seatId) ?? []).toSorted((left, right) => left - right)
  const row = { ...wishOf(buyer, ['holdSeats', eventId, ...seatNos]), seatNos }
  const answer = await (isPublic(row) ? deskOf(database).seats(row) : holdChosenSeats(database, row))
  return explainSeats(answer, buyer, (seatNo) => seats[seatNo]?.seatId ?? String(seatNo))
}

/** So many tickets of a type. */
interface OfType extends Buyer {
  readonly ticketTypeId: string
  readonly quantity: number
}

/**
 * Reserves the best free seats of a type next to each other, all or none; a group that may be split is, when no row has so
 * many. Seats for wheelchairs are never among them.
 */
export async function holdBestAvailable(
  database: Database,
  { allowSplit = false, ...wish }: OfType & { readonly allowSplit?: boolean },
) {
  return holdOfType(database, wish, allowSplit ? 'holdBestAvailable in parts' : 'holdBestAvailable', {
    first: (row) => (isPublic(row) ? deskOf(database).best(row) : holdBestSeats(database, row, false)),
    again: (row) => holdBestSeats(database, row, true),
    last: (row, answer) => (allowSplit ? holdInParts(database, row, answer) : answer),
  })
}

/** Reserves units of a general-admission type, all or none. */
export async function holdGeneralAdmission(database: Database, wish: OfType) {
  return holdOfType(database, wish, 'holdGeneralAdmission', {
    first: (row) => (isPublic(row) ? deskOf(database).units(row) : holdUnits(database, row)),
    again: (row) => holdUnits(database, row),
  })
}

/** How a wish is asked: at first, while others are at work in the last places, and when that came to an end. */
interface Attempts {
  readonly first: (row: TypeWish) => Promise<CommonAnswer | TypeAnswer>
  readonly again: (row: TypeWish) => Promise<CommonAnswer | TypeAnswer>
  readonly last?: (
    row: TypeWish,
    answer: CommonAnswer | TypeAnswer,
  ) => Promise<CommonAnswer | TypeAnswer> | CommonAnswer | TypeAnswer
}

async function holdOfType(
  database: Database,
  wish: OfType,
  operation: string,
  { first, again, last = (_, answer) => answer }: Attempts,
) {
  const { eventId, ticketTypeId, quantity } = wish
  if (!isId(eventId)) return eventNotFound(eventId)
  if (!isId(ticketTypeId)) return explainType({ outcome: 'TicketTypeNotFound' }, wish)
  const row = { ...wishOf(wish, [operation, eventId, ticketTypeId, quantity]), ticketTypeId, quantity }
  let answer = await first(row)
  for (let attempt = 2; answer.outcome === 'BUSY' && attempt <= ATTEMPTS_MAX; attempt++) answer = await again(row)
  answer = await last(row, answer)
  return explainType(answer, wish)
}

/** Gives a hold back before it ends. What had ended, or was given back before, stays as it is. */
export async function releaseHold(database: Database, { holdId, userId }: { holdId: string; userId: string }) {
  const answer = isId(holdId) ? await giveHoldBack(database, { holdId, userId }) : { outcome: 'HoldNotFound' as const }
  return answer.outcome === 'RELEASED' ? accept(answer.hold) : notGivenBack(answer.outcome, holdId)
}

/** The same under an idempotency key. */
export async function releaseHoldOnce(
  tx: Transaction,
  { holdId, userId, idempotencyKey: key }: { holdId: string; userId: string; idempotencyKey: string },
) {
  return onceForKey(tx, { caller: userId, key, operation: 'releaseHold', request: { holdId } }, async () => {
    const outcome = isId(holdId) ? await giveHoldBackIn(tx, { holdId, userId }) : 'HoldNotFound'
    return outcome === 'RELEASED' ? accept({ id: holdId }) : notGivenBack(outcome, holdId)
  })
}

function notGivenBack(outcome: 'HoldNotFound' | 'HoldAlreadyUsed', holdId: string) {
  return outcome === 'HoldNotFound'
    ? refuse('HoldNotFound', 'There is no such hold of yours.', { holdId })
    : refuse('HoldAlreadyUsed', 'This hold is a booking by now.', { bookingId: holdId })
}

const isPublic = ({ channel = 'PUBLIC' }: Wish) => channel === 'PUBLIC'

function wishOf(
  { eventId, userId, idempotencyKey, limits, channel = 'PUBLIC' }: Buyer,
  request: readonly unknown[],
): Wish {
  const asked = JSON.stringify(channel === 'PUBLIC' ? request : [channel, ...request])
  const requestHash = hash('sha256', asked, 'base64url')
  const { correlationId = null, traceparent = null } = currentTrace() ?? {}
  return { eventId, userId, idempotencyKey, requestHash, ...limits, channel, correlationId, traceparent }
}
