/** Currencies without minor units of which Stripe wants hundredths all the same. */
const WITH_HUNDREDTHS = new Set(['ISK', 'UGX'])

/** An amount in minor units as Stripe writes it. */
export function toStripe(amount: number, currency: string): number {
  return WITH_HUNDREDTHS.has(currency) ? amount * 100 : amount
}

/** An amount as Stripe writes it, in minor units. */
export function fromStripe(amount: number, currency: string): number {
  return WITH_HUNDREDTHS.has(currency.toUpperCase()) ? amount / 100 : amount
}
