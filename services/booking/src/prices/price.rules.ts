import { shareOf } from '@tikitu/runtime/money'

/** What is added to the prices of tickets. */
export interface FeeTerms {
  /** The fee's share of a price, in basis points. */
  readonly feeBasisPoints: number
  /** Added to the fee for each ticket that costs something, in minor units. */
  readonly feeFixedPerTicket: number
  /** The tax on price and fee together, in basis points. */
  readonly taxBasisPoints: number
}

/** Nothing is added. */
export const NO_FEES: FeeTerms = { feeBasisPoints: 0, feeFixedPerTicket: 0, taxBasisPoints: 0 }

/** So many tickets of one type. */
export interface PricedLine {
  readonly quantity: number
  readonly unitPrice: number
}

/** What is added to a line. */
export interface Added {
  readonly fees: number
  readonly taxes: number
}

/** What a purchase costs, in minor units. */
export interface Quote<Line extends PricedLine = PricedLine> {
  readonly lines: readonly (Line & Added)[]
  /** The tickets alone. */
  readonly subtotal: number
  readonly fees: number
  readonly taxes: number
  /** Subtotal, fees and taxes. */
  readonly total: number
}

/**
 * What tickets cost with fees and taxes. Each of the two is rounded once, for the whole purchase, half away from zero, and
 * then shared out over the lines, so that the lines add up to it to the cent. Tickets that cost nothing have no fee.
 */
export function quoteFor<Line extends PricedLine>(lines: readonly Line[], terms: FeeTerms): Quote<Line> {
  const subtotals = lines.map(({ quantity, unitPrice }) => quantity * unitPrice)
  const subtotal = sumOf(subtotals)
  const fixed = lines.map(({ quantity, unitPrice }) => (unitPrice > 0 ? quantity * terms.feeFixedPerTicket : 0))
  const share = shareOf(subtotal, terms.feeBasisPoints)
  const shares = apportion(share, subtotals)
  const fees = share + sumOf(fixed)
  const feesOf = lines.map((_, index) => (shares[index] ?? 0) + (fixed[index] ?? 0))
  const taxes = shareOf(subtotal + fees, terms.taxBasisPoints)
  const taxesOf = apportion(
    taxes,
    subtotals.map((amount, index) => amount + (feesOf[index] ?? 0)),
  )
  const quoted = lines.map((line, index) => ({ ...line, fees: feesOf[index] ?? 0, taxes: taxesOf[index] ?? 0 }))
  const total = subtotal + fees + taxes
  if (!Number.isSafeInteger(total)) throw new Error('the price of a purchase is out of range')
  return { lines: quoted, subtotal, fees, taxes, total }
}

/**
 * Shares an amount out in proportion to weights, in whole units that add up to it exactly: each part is rounded down, and
 * what is left goes one by one to those that lost most by it, of equals to the first (largest remainder). Without any
 * weight everything goes to the first. Neither the amount nor a weight is negative.
 */
export function apportion(amount: number, weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + BigInt(weight), 0n)
  if (all === 0n) return weights.map((_, index) => (index === 0 ? amount : 0))
  const exact = weights.map((weight) => BigInt(amount) * BigInt(weight))
  const parts = exact.map((scaled) => Number(scaled / all))
  const left = amount - sumOf(parts)
  const byLoss = exact
    .map((scaled, index) => ({ index, lost: scaled % all }))
    .toSorted((one, other) => (one.lost === other.lost ? one.index - other.index : one.lost > other.lost ? -1 : 1))
  for (const { index } of byLoss.slice(0, left)) parts[index] = (parts[index] ?? 0) + 1
  return parts
}

const sumOf = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0)
