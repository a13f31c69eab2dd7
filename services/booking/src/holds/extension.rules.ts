import { accept, refuse } from '@tikitu/runtime/outcome'

/** How far a hold may be extended; from the settings. */
export interface ExtensionLimits {
  /** How long an extended hold lasts from now on, in seconds. */
  readonly holdSeconds: number
  /** How long a hold lasts from its beginning, extensions included, in seconds. */
  readonly holdSecondsMax: number
  /** How often a hold is extended. */
  readonly extensionsMax: number
}

/** A hold, and what decides whether it gets more time. */
export interface ExtensionFacts {
  readonly id: string
  readonly status: string
  /** Null while it is a hold. */
  readonly reference: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
  /** The database compared the end of the hold with its clock. */
  readonly isOver: boolean
  readonly extensions: number
  readonly event: { readonly status: string; readonly salesOpenAt: Date | null; readonly salesCloseAt: Date }
}

/** May this hold last longer, and until when? Not past the end of sales: whoever holds then still has the time they had. */
export function decideExtension(hold: ExtensionFacts, limits: ExtensionLimits, at: Date) {
  const { id, status, reference, expiresAt, isOver, event } = hold
  if (reference !== null) return refuse('HoldAlreadyUsed', 'This hold is a booking by now.', { bookingId: id })
  if (status === 'RELEASED') return refuse('HoldNotFound', 'There is no such hold of yours.', { holdId: id })
  if (status !== 'HELD' || isOver)
    return refuse('HoldExpired', 'This hold has ended.', { holdId: id, expiredAt: expiresAt })
  if (event.status !== 'PUBLISHED' || at >= event.salesCloseAt)
    return refuse('SalesClosed', 'This event is not on sale any more.', {
      opensAt: event.salesOpenAt,
      closesAt: event.salesCloseAt,
    })
  const until = new Date(
    Math.min(at.getTime() + limits.holdSeconds * 1000, hold.createdAt.getTime() + limits.holdSecondsMax * 1000),
  )
  if (hold.extensions >= limits.extensionsMax || until <= expiresAt) {
    return refuse('HoldNotExtendable', 'This hold cannot last longer.', {
      expiresAt,
      extensionsMax: limits.extensionsMax,
    })
  }
  return accept({ until })
}
