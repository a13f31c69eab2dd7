/** A client's variables, before anybody has looked at them. */
export type Variables = Readonly<Record<string, unknown>>

/** So many points, or how many they are once the variables are known. Never negative. */
export type Amount = number | ((variables: Variables) => number)

/** All of the amounts. What is known beforehand is added up beforehand. */
export function sum(amounts: readonly Amount[]): Amount {
  let known = 0
  const unknown: ((variables: Variables) => number)[] = []
  for (const amount of amounts) {
    if (typeof amount === 'number') known += amount
    else unknown.push(amount)
  }
  if (unknown.length === 0) return known
  return (variables) => {
    let points = known
    for (const amount of unknown) points += amount(variables)
    return points
  }
}

/** An amount, so many times. */
export function times(factor: Amount, amount: Amount): Amount {
  if (typeof factor === 'number' && typeof amount === 'number') return factor * amount
  if (factor === 0 || amount === 0) return 0
  return (variables) => pointsOf(factor, variables) * pointsOf(amount, variables)
}

function pointsOf(amount: Amount, variables: Variables): number {
  return typeof amount === 'number' ? amount : amount(variables)
}

/** The largest of the amounts; nothing of none. */
export function largest(amounts: readonly Amount[]): Amount {
  let known = 0
  const unknown: ((variables: Variables) => number)[] = []
  for (const amount of amounts) {
    if (typeof amount === 'number') known = Math.max(known, amount)
    else unknown.push(amount)
  }
  if (unknown.length === 0) return known
  return (variables) => {
    let points = known
    for (const amount of unknown) points = Math.max(points, amount(variables))
    return points
  }
}
