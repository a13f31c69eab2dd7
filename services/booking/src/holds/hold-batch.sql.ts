import type { Database } from '@tikitu/runtime/database'
import type { CommonAnswer, SeatsAnswer, TypeAnswer } from './hold.rules.ts'
import { answerOf, type AnswerRow, type Wish } from './hold.sql.ts'

/*
 * Many wishes in one prepared statement, which is one transaction. They are for the same event and under the same
 * limits; an answer that is undefined has to be asked alone.
 */

/** A wish for seats by their numbers. */
export interface SeatsWish extends Wish {
  readonly seatNos: readonly number[]
}

/** A wish for so many tickets of a type. */
export interface TypeWish extends Wish {
  readonly ticketTypeId: string
  readonly quantity: number
}

/** Reserves seats by their numbers, for each wish all or none. */
export function holdChosenSeatsTogether(
  database: Database,
  wishes: readonly SeatsWish[],
): Promise<(CommonAnswer | SeatsAnswer | undefined)[]> {
  let end = 0
  const ends = wishes.map(({ seatNos }) => (end += seatNos.length))
  return holdTogether(database, wishes, 'hold_seats_together', [wishes.flatMap(({ seatNos }) => seatNos), ends])
}

/** Reserves units of one general-admission type, for each wish all or none. */
export function holdUnitsTogether(
  database: Database,
  wishes: readonly TypeWish[],
): Promise<(CommonAnswer | TypeAnswer | undefined)[]> {
  return holdTogether(database, wishes, 'hold_units_together', quantitiesOf(wishes))
}

/** Reserves seats of one type next to each other, for each wish all or none. */
export function holdBestSeatsTogether(
  database: Database,
  wishes: readonly TypeWish[],
): Promise<(CommonAnswer | TypeAnswer | undefined)[]> {
  return holdTogether(database, wishes, 'hold_best_together', quantitiesOf(wishes))
}

function quantitiesOf(wishes: readonly TypeWish[]): unknown[] {
  return [wishes[0]?.ticketTypeId, wishes.map(({ quantity }) => quantity)]
}

async function holdTogether<Answer extends CommonAnswer | SeatsAnswer | TypeAnswer>(
  { pool }: Database,
  wishes: readonly Wish[],
  name: string,
  values: unknown[],
): Promise<(Answer | undefined)[]> {
  const [first] = wishes
  if (!first) return []
  const { rows } = await pool.query<AnswerRow<Answer['outcome'] | 'ALONE'> & { no: number }>({
    name,
    text: `select * from ${name}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    values: [
      first.eventId,
      first.seatsPerHold,
      first.holdsPerBuyer,
      first.holdSeconds,
      wishes.map(({ userId }) => userId),
      wishes.map(({ idempotencyKey }) => idempotencyKey),
      wishes.map(({ requestHash }) => requestHash),
      wishes.map(({ correlationId }) => correlationId),
      wishes.map(({ traceparent }) => traceparent),
      ...values,
    ],
  })
  if (rows.length !== wishes.length) throw new Error(`${name} answered ${rows.length} of ${wishes.length} wishes`)
  const answers: (Answer | undefined)[] = wishes.map(() => undefined)
  for (const row of rows) {
    // The functions answer what these types say; that is what their tests are about.
    if (row.outcome !== 'ALONE') answers[row.no - 1] = answerOf(row) as Answer
  }
  return answers
}
