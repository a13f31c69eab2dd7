/** What one contender reached, by round. */
export type Rounds = number[]

/** The middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const [below = NaN, above = NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (below + above) / 2
}

/**
 * How many times the one is of the other, as the middle of what each round says: what else the machine does changes
 * from round to round, and much less between neighbours.
 */
export function ratio(one: Rounds, other: Rounds): number {
  return median(one.map((value, round) => value / (other[round] ?? NaN)))
}

/** Contenders of a round in turn, so that none is always the first. */
export function turned<Value>(values: readonly Value[], round: number): Value[] {
  const start = (round - 1) % values.length
  return [...values.slice(start), ...values.slice(0, start)]
}

/**
 * Each contender once in each round; returns what they reached, by their names. Before each it is waited until nothing is
 * left to do of what the one before has begun.
 */
export async function alternate<Name extends string>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<number>>>,
  settle: () => Promise<void> = async () => undefined,
): Promise<Record<Name, Rounds>> {
  const names = Object.keys(contenders) as Name[]
  const reached = Object.fromEntries(names.map((name) => [name, [] as Rounds])) as Record<Name, Rounds>
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of turned(names, round)) {
      await settle()
      reached[name].push(await contenders[name]())
    }
  }
  return reached
}
