import type { Database, Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import type { Logger } from '@tikitu/runtime/log'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { BookingRescheduled } from '@tikitu/schema/events/booking'
import { endWithEvent } from '../bookings/cancellation.ts'
import { completeSome } from '../bookings/completion.ts'
import { eventsByIds } from '../events/event.sql.ts'
import { venueById } from '../venues/venue.sql.ts'
import {
  claimFollowUp,
  countOpenBookings,
  finishFollowUp,
  goOnLater,
  holdsOf,
  insertFollowUp,
  nextMovedBookings,
  nextOpenBookings,
  unchangedFollowUp,
  type FollowUpRow,
} from './follow-up.sql.ts'

/** How long a turn may take before another instance takes the follow-up for abandoned, in seconds. */
const TURN_SECONDS = 10
/** Between turns, in seconds: the unit of the rate. */
const PAUSE_SECONDS = 1
/** Before bookings that could not be ended have another turn, in seconds. */
const RETRY_SECONDS = 30

/** Has the bookings of an event follow what was done with the event. Returns how many it concerns. */
export async function startFollowUp(
  tx: Transaction,
  { eventId, kind, at }: { readonly eventId: string; readonly kind: FollowUpRow['kind']; readonly at: Date },
): Promise<number> {
  const bookings = await countOpenBookings(tx, eventId)
  await insertFollowUp(tx, { eventId, kind, bookings, at })
  return bookings
}

/** What a turn needs of a running service. */
export interface Turn {
  readonly database: Database
  readonly log: Logger
  /** How many bookings it may deal with. */
  readonly bookings: number
}

/**
 * Goes on with one follow-up that is due, and returns whether there was one. Whoever is killed in the middle has done
 * nothing by halves: another one begins where the last turn ended, and what was done since is found done.
 */
export async function takeTurn(turn: Turn): Promise<boolean> {
  const followUp = await claimFollowUp(turn.database.orm, TURN_SECONDS)
  if (!followUp) return false
  await TURNS[followUp.kind](turn, followUp)
  return true
}

const TURNS: Readonly<Record<FollowUpRow['kind'], (turn: Turn, followUp: FollowUpRow) => Promise<void>>> = {
  CANCEL: endSome,
  RESCHEDULE: tellSome,
  COMPLETE: closeSome,
}

/** Each booking in a transaction of its own, with the locks of anybody who cancels one: none waits for the others. */
async function endSome({ database, log, bookings }: Turn, followUp: FollowUpRow): Promise<void> {
  const { eventId, id } = followUp
  const [event] = await eventsByIds(database.orm, [eventId])
  const reason = event?.cancelReason ?? 'the event was called off'
  if (followUp.afterBooking === null) {
    for (const bookingId of await holdsOf(database.orm, eventId)) await endOne(database, log, { bookingId, reason })
  }
  const ids = await nextOpenBookings(database.orm, followUp, bookings)
  for (const bookingId of ids) await endOne(database, log, { bookingId, reason })
  const last = ids.at(-1)
  if (last && ids.length === bookings)
    return goOnLater(database.orm, id, { afterBooking: last, seconds: PAUSE_SECONDS })
  if ((await countOpenBookings(database.orm, eventId)) === 0) return finishFollowUp(database.orm, id)
  await goOnLater(database.orm, id, { afterBooking: null, seconds: RETRY_SECONDS })
}

/** One that cannot be ended holds up no other. */
async function endOne(
  database: Database,
  log: Logger,
  { bookingId, reason }: { bookingId: string; reason: string },
): Promise<void> {
  try {
    await transact(database, async (tx, at) => accept(await endWithEvent(tx, { bookingId, reason, at })))
  } catch (error) {
    log.error(
      { err: error, bookingId },
      'a booking of an event that was called off could not be ended; it is tried again',
    )
  }
}

/** With the place where it stopped in one transaction, so that nobody is told twice. */
async function tellSome({ database, bookings }: Turn, followUp: FollowUpRow): Promise<void> {
  await transact(database, async (tx, at) => {
    if (!(await unchangedFollowUp(tx, followUp))) return accept()
    const [event] = await eventsByIds(tx, [followUp.eventId])
    const venue = event && (await venueById(tx, event.venueId))
    const moved = event?.status === 'PUBLISHED' ? await nextMovedBookings(tx, followUp, bookings) : []
    for (const { id, userId, partnerId, reference } of moved) {
      if (!event || reference === null || event.refundableUntil === null) continue
      await emit(tx, BookingRescheduled, {
        bookingId: id,
        userId,
        eventId: event.id,
        partnerId,
        reference,
        event: {
          title: event.title,
          startsAt: event.startsAt.toISOString(),
          timezone: event.timezone,
          venueName: venue?.name ?? '',
          city: venue?.city ?? '',
        },
        reason: event.rescheduleReason ?? '',
        refundableUntil: event.refundableUntil.toISOString(),
        at: at.toISOString(),
      })
    }
    const last = moved.at(-1)
    if (last && moved.length === bookings) {
      await goOnLater(tx, followUp.id, { afterBooking: last.id, seconds: PAUSE_SECONDS })
    } else {
      await finishFollowUp(tx, followUp.id)
    }
    return accept()
  })
}

/** Some hundreds at a time: nobody waits for what has happened. */
async function closeSome({ database }: Turn, { id, eventId }: FollowUpRow): Promise<void> {
  const more = accepted(await transact(database, async (tx) => accept(await completeSome(tx, eventId))))
  if (more) await goOnLater(database.orm, id, { afterBooking: null, seconds: PAUSE_SECONDS })
  else await finishFollowUp(database.orm, id)
}
