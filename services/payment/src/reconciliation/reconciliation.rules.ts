/** A payment, as our ledger or the provider has it. */
export interface Moved {
  readonly captured: number
  readonly refunded: number
}

/** What we have of a payment that had an entry in the ledger on the day. */
export interface OurPayment extends Moved {
  readonly paymentId: string
  readonly currency: string
}

/** What the provider has of it; null when it could not be asked. `refunded` is null when it does not say. */
export interface Theirs {
  readonly captured: number
  readonly refunded: number | null
  readonly currency: string
}

/** A payment about which the ledger and the provider do not agree. */
export interface Difference {
  readonly paymentId: string
  readonly what: 'CAPTURED' | 'REFUNDED' | 'CURRENCY'
  /** Minor units. */
  readonly ours: number
  readonly theirs: number
}

/** The most differences that a report names; beyond it, something is wrong with all of them. */
const DIFFERENCES_MAX = 1_000

/** A day in one currency. */
export interface DayReport {
  readonly currency: string
  readonly payments: number
  readonly unanswered: number
  readonly capturedByUs: number
  readonly capturedByProvider: number
  readonly refundedByUs: number
  readonly refundedByProvider: number
  readonly differences: readonly Difference[]
}

/** Where the two do not agree about a payment. */
function differencesOf(ours: OurPayment, theirs: Theirs): Difference[] {
  const { paymentId } = ours
  const refunded = theirs.refunded ?? ours.refunded
  return [
    ...(ours.currency === theirs.currency
      ? []
      : [{ paymentId, what: 'CURRENCY' as const, ours: ours.captured, theirs: theirs.captured }]),
    ...(ours.captured === theirs.captured
      ? []
      : [{ paymentId, what: 'CAPTURED' as const, ours: ours.captured, theirs: theirs.captured }]),
    ...(ours.refunded === refunded
      ? []
      : [{ paymentId, what: 'REFUNDED' as const, ours: ours.refunded, theirs: refunded }]),
  ]
}

/** One report for each currency of ours. What the provider could not be asked about is counted and not compared. */
export function reportsOf(
  pairs: readonly { readonly ours: OurPayment; readonly theirs: Theirs | null }[],
): DayReport[] {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  return [...Map.groupBy(pairs, ({ ours }) => ours.currency)].map(([currency, all]) => {
    const compared = all.flatMap(({ ours, theirs }) => (theirs ? [{ ours, theirs }] : []))
    return {
      currency,
      payments: all.length,
      unanswered: all.length - compared.length,
      capturedByUs: sum(compared.map(({ ours }) => ours.captured)),
      capturedByProvider: sum(compared.map(({ theirs }) => theirs.captured)),
      refundedByUs: sum(compared.map(({ ours }) => ours.refunded)),
      refundedByProvider: sum(compared.map(({ ours, theirs }) => theirs.refunded ?? ours.refunded)),
      differences: compared.flatMap(({ ours, theirs }) => differencesOf(ours, theirs)).slice(0, DIFFERENCES_MAX),
    }
  })
}
