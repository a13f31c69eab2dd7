/** The free seats of one row, by number and ascending. Rows without any are in the list too: neighbours are found by place. */
export interface FreeRow {
  readonly section: string
  readonly seatNos: readonly number[]
}

/** Nobody of a group sits alone. */
const PART_MIN = 2

/** Seats next to each other. */
interface Run {
  readonly row: number
  readonly seatNos: readonly number[]
}

/** A run, and how many of its seats are wanted. */
interface Part {
  readonly run: Run
  seats: number
}

/**
 * Seats for a group that finds no row with so many next to each other: in as few parts as possible, of at least two seats,
 * in one row or in rows that follow each other in a section; of several such places the closest, and the best of those.
 * No single seat stays beside a part where a part of another size avoids it. Null when there is no such place.
 */
export function splitGroup(rows: readonly FreeRow[], quantity: number): number[] | null {
  const runs = rows.map(({ seatNos }, row) => runsOf(seatNos, row))
  for (let parts = 2; parts * PART_MIN <= quantity; parts++) {
    for (let span = 1; span <= parts; span++) {
      for (let first = 0; first + span <= rows.length; first++) {
        if (rows[first]?.section !== rows[first + span - 1]?.section) continue
        const chosen = chooseRuns(runs.slice(first, first + span), parts)
        if (chosen && sum(chosen.map(({ seatNos }) => seatNos.length)) >= quantity) return seatsOf(chosen, quantity)
      }
    }
  }
  return null
}

/** Runs that are long enough for a part, longest first. */
function runsOf(seatNos: readonly number[], row: number): Run[] {
  const runs: number[][] = []
  for (const seatNo of seatNos) {
    const last = runs.at(-1)
    if (last?.at(-1) === seatNo - 1) last.push(seatNo)
    else runs.push([seatNo])
  }
  return runs
    .filter((run) => run.length >= PART_MIN)
    .map((run) => ({ row, seatNos: run }))
    .toSorted(longestFirst)
}

const longestFirst = (left: Run, right: Run) => right.seatNos.length - left.seatNos.length

/** The longest run of each of the rows, and the longest of the others: `parts` in all. Null when a row has none. */
function chooseRuns(rows: readonly (readonly Run[])[], parts: number): Run[] | null {
  const longest = rows.flatMap((runs) => runs.slice(0, 1))
  if (longest.length < rows.length) return null
  const others = rows.flatMap((runs) => runs.slice(1)).toSorted(longestFirst)
  const chosen = [...longest, ...others.slice(0, parts - rows.length)]
  return chosen.length === parts ? chosen : null
}

function seatsOf(runs: readonly Run[], quantity: number): number[] {
  const parts = runs.map((run): Part => ({ run, seats: PART_MIN }))
  for (let left = quantity - PART_MIN * parts.length; left > 0; left--) smallestThatGrows(parts).seats++
  avoidSingles(parts)
  return parts.flatMap(({ run, seats }) => run.seatNos.slice(0, seats)).toSorted((left, right) => left - right)
}

const leftOf = ({ run, seats }: Part) => run.seatNos.length - seats

function smallestThatGrows(parts: readonly Part[]): Part {
  const [part] = parts.filter((each) => leftOf(each) > 0).toSorted((left, right) => left.seats - right.seats)
  if (!part) throw new Error('the runs are shorter than was counted')
  return part
}

/** Moves a seat from one part to another wherever a single one would stay and then none does. */
function avoidSingles(parts: readonly Part[]): void {
  for (const part of parts) {
    if (leftOf(part) !== 1) continue
    const giver = parts.find((other) => other !== part && other.seats > PART_MIN && leftOf(other) !== 0)
    const taker = parts.find((other) => other !== part && (leftOf(other) === 1 || leftOf(other) > 2))
    if (giver) move(giver, part)
    else if (taker && part.seats > PART_MIN) move(part, taker)
  }
}

function move(from: Part, to: Part): void {
  from.seats--
  to.seats++
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
