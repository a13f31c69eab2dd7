import type { RequestContext } from '@tikitu/runtime/context'
import type { Transaction } from '@tikitu/runtime/database'
import { onceForKey } from '@tikitu/runtime/idempotency'
import { isId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { lockBuyer, sagaBooking } from '../bookings/booking.sql.ts'
import { keepSeats } from '../bookings/places.sql.ts'
import { decideExtension, type ExtensionLimits } from './extension.rules.ts'
import { prolongHold } from './extension.sql.ts'

/** A buyer wants to hold what they hold for longer. */
export interface ExtendHold {
  readonly holdId: string
  readonly userId: string
  readonly idempotencyKey: string
  readonly limits: ExtensionLimits
  readonly at: Date
}

/** Reads the limits from the settings. */
export function extensionLimits(settings: RequestContext['settings']): ExtensionLimits {
  return {
    holdSeconds: settings.get('booking.holdMinutes') * 60,
    holdSecondsMax: settings.get('booking.holdMinutesMax') * 60,
    extensionsMax: settings.get('booking.holdExtensionsMax'),
  }
}

/** Lets a live hold last longer, with all of its seats or not at all. Nothing else about it changes, its price least. */
export async function extendHold(tx: Transaction, command: ExtendHold) {
  const { userId, idempotencyKey, holdId } = command
  const wish = { caller: userId, key: idempotencyKey, operation: 'extendHold', request: { holdId } }
  return onceForKey(tx, wish, () => extendOnce(tx, command))
}

async function extendOnce(tx: Transaction, { holdId, userId, limits, at }: ExtendHold) {
  // A hold that is about to end does not count any more, and its buyer could hold as many again beside it.
  await lockBuyer(tx, userId)
  const hold = isId(holdId) ? await sagaBooking(tx, holdId) : null
  if (hold?.userId !== userId) return refuse('HoldNotFound', 'There is no such hold of yours.', { holdId })
  const decision = decideExtension(hold, limits, at)
  if (!decision.ok) return decision

  const { until } = decision.value
  const ended = refuse('HoldExpired', 'This hold has ended.', { holdId, expiredAt: hold.expiresAt })
  if (!(await prolongHold(tx, holdId, until))) return ended
  // The stock of general admission expects the units at the earlier instant, and looks again when it comes.
  const { eventId, seatNos } = hold
  if (seatNos !== null && (await keepSeats(tx, { eventId, bookingId: holdId, seatNos }, until)) < seatNos.length) {
    return ended
  }
  return accept({ id: holdId })
}
