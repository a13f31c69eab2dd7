import type { Database, Queryable } from '@tikitu/runtime/database'
import { freeSeatsOfType } from '../inventory/availability.sql.ts'
import { eventLayout } from '../inventory/event-layouts.ts'
import type { TypeWish } from './hold-batch.sql.ts'
import type { CommonAnswer, SeatsAnswer, TypeAnswer } from './hold.rules.ts'
import { holdBestSeats, holdChosenSeats } from './hold.sql.ts'
import { splitGroup, type FreeRow } from './split.rules.ts'

/** How often other seats are looked for when somebody else was quicker. */
const ATTEMPTS_MAX = 5

/** Fewer cannot be split, because nobody sits alone. */
const GROUP_MIN = 4

/**
 * Reserves seats for a group in parts, once it was told that there are not so many together; any other answer stays as it
 * is. Which seats is decided from what was read, and whether they are free by the statement that takes them.
 */
export async function holdInParts(
  database: Database,
  wish: TypeWish,
  refused: CommonAnswer | TypeAnswer,
): Promise<CommonAnswer | TypeAnswer> {
  if (refused.outcome !== 'SoldOut' && refused.outcome !== 'BUSY') return refused
  const found = wish.quantity < GROUP_MIN || refused.facts.available < 2 ? null : await takeParts(database, wish)
  // What is missing may be what a first attempt under this key has got meanwhile.
  return found ?? holdBestSeats(database, wish, false)
}

/** Null when there are no such seats. */
async function takeParts(database: Database, wish: TypeWish): Promise<CommonAnswer | null> {
  const lost = new Set<number>()
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const seatNos = splitGroup(await freeRows(database.orm, wish, lost), wish.quantity)
    if (!seatNos) return null
    const answer = await holdChosenSeats(database, { ...wish, seatNos })
    if (!isOfSeats(answer)) return answer
    for (const seatNo of answer.facts.seatNos) lost.add(seatNo)
  }
  return null
}

function isOfSeats(answer: CommonAnswer | SeatsAnswer): answer is SeatsAnswer {
  return answer.outcome === 'SeatsTaken' || answer.outcome === 'SeatsUnknown'
}

/** The free seats of the type that are nobody's by right, by row; without those that were lost to others meanwhile. */
async function freeRows(
  db: Queryable,
  { eventId, ticketTypeId }: TypeWish,
  lost: ReadonlySet<number>,
): Promise<FreeRow[]> {
  const [layout, seatNos] = await Promise.all([eventLayout(db, eventId), freeSeatsOfType(db, eventId, ticketTypeId)])
  const rows = (layout?.plan.rows ?? []).map(({ section }) => ({ section, seatNos: [] as number[] }))
  for (const seatNo of seatNos) {
    const seat = layout?.plan.seats[seatNo]
    if (seat && !seat.accessible && !lost.has(seatNo)) rows[seat.rowNo]?.seatNos.push(seatNo)
  }
  return rows
}
