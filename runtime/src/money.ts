/** An amount of money: an integer of minor units and its ISO 4217 currency. */
export interface Money {
  /** Minor units: cents of EUR, whole JPY, fils of KWD. */
  readonly amount: number
  /** ISO 4217, three capitals. */
  readonly currency: string
}

/** How many decimal digits the currency has (ISO 4217, as ICU knows it): EUR 2, JPY 0, KWD 3. */
export function currencyExponent(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))

/** Whether this is a currency that ICU knows. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code)
}

/** The sum of amounts of one currency; zero of `currency` when there are none. Mixing currencies is a mistake and throws. */
export function sumMoney(amounts: readonly Money[], currency: string): Money {
  let total = 0
  for (const money of amounts) {
    if (money.currency !== currency) throw new Error(`cannot add ${money.currency} to ${currency}`)
    total += money.amount
  }
  if (!Number.isSafeInteger(total)) throw new Error('the sum of money is out of range')
  return { amount: total, currency }
}

/** The amount times a whole number. */
export function timesMoney(money: Money, factor: number): Money {
  const amount = money.amount * factor
  if (!Number.isSafeInteger(amount)) throw new Error('the product of money and quantity is out of range')
  return { amount, currency: money.currency }
}

/** A share in basis points (1 % = 100) of minor units, rounded half away from zero. */
export function shareOf(amount: number, basisPoints: number): number {
  const scaled = BigInt(amount) * BigInt(basisPoints)
  const half = scaled < 0n ? -5_000n : 5_000n
  return Number((scaled + half) / 10_000n)
}

/** For people: `€12.50`, `¥1,200`, in the reader's language. */
export function formatMoney(money: Money, locale = 'en'): string {
  const value = money.amount / 10 ** currencyExponent(money.currency)
  return new Intl.NumberFormat(locale, { style: 'currency', currency: money.currency }).format(value)
}
