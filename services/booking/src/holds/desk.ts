import type { Database } from '@tikitu/runtime/database'
import { inBatches } from './batch.ts'
import {
  holdBestSeatsTogether,
  holdChosenSeatsTogether,
  holdUnitsTogether,
  type SeatsWish,
  type TypeWish,
} from './hold-batch.sql.ts'
import type { CommonAnswer, SeatsAnswer, TypeAnswer } from './hold.rules.ts'
import { holdBestSeats, holdChosenSeats, holdUnits, type Wish } from './hold.sql.ts'

/** A batch of so many takes a few milliseconds; larger ones were measured to gain nothing. */
const TOGETHER_MAX = 64

/** Some seconds of a sale at its height. Whoever comes later is better told to come again. */
const WAITING_MAX = 4_000

/** Where wishes for tickets are asked: those for one event together. */
export interface Desk {
  seats(wish: SeatsWish): Promise<CommonAnswer | SeatsAnswer>
  units(wish: TypeWish): Promise<CommonAnswer | TypeAnswer>
  best(wish: TypeWish): Promise<CommonAnswer | TypeAnswer>
}

const desks = new WeakMap<Database['pool'], Desk>()

/** The desk of a database; there is one in each process. */
export function deskOf(database: Database): Desk {
  const known = desks.get(database.pool)
  if (known) return known
  const desk = openDesk(database)
  desks.set(database.pool, desk)
  return desk
}

function openDesk(database: Database): Desk {
  const limits = { togetherMax: TOGETHER_MAX, waitingMax: WAITING_MAX }
  const failed = (error: unknown) => database.log.warn({ err: error }, 'a batch of holds failed; each is asked alone')
  const seats = inBatches<SeatsWish, CommonAnswer | SeatsAnswer>(
    {
      together: (wishes) => holdChosenSeatsTogether(database, wishes),
      alone: (wish) => holdChosenSeats(database, wish),
      failed,
    },
    limits,
  )
  const units = inBatches<TypeWish, CommonAnswer | TypeAnswer>(
    {
      together: (wishes) => holdUnitsTogether(database, wishes),
      alone: (wish) => holdUnits(database, wish),
      failed,
    },
    limits,
  )
  const best = inBatches<TypeWish, CommonAnswer | TypeAnswer>(
    {
      together: (wishes) => holdBestSeatsTogether(database, wishes),
      alone: (wish) => holdBestSeats(database, wish, false),
      failed,
    },
    limits,
  )
  return {
    seats: (wish) => seats(queueOf(wish), wish),
    units: (wish) => units(`${queueOf(wish)} ${wish.ticketTypeId}`, wish),
    best: (wish) => best(`${queueOf(wish)} ${wish.ticketTypeId}`, wish),
  }
}

/** Wishes of one statement are under the same limits: when a setting changes, new ones do not join old ones. */
function queueOf({ eventId, seatsPerHold, holdsPerBuyer, holdSeconds }: Wish): string {
  return `${eventId} ${seatsPerHold} ${holdsPerBuyer} ${holdSeconds}`
}
