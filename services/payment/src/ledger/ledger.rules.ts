/**
 * The accounts. A positive amount flows in, a negative one out: `BUYER` is minus what a buyer's bank is out of pocket,
 * `REFUND` what is owed to buyers and has not arrived there.
 */
export const ACCOUNTS = ['BUYER', 'PLATFORM_FEE', 'PARTNER_PAYABLE', 'PROVIDER_FEE', 'REFUND'] as const
/** One of them. */
export type Account = (typeof ACCOUNTS)[number]

/** What is posted: money came; money is owed back; money went back. */
export const CAUSES = ['CAPTURE', 'REFUND_OWED', 'REFUND_PAID'] as const
/** One of them. */
export type Cause = (typeof CAUSES)[number]

/** One side of a posting, in minor units of the posting's currency. */
export interface Entry {
  readonly account: Account
  readonly amount: number
}

/** A buyer's money came in: the commission is the platform's, the rest the partner's. */
export function captureEntries(amount: number, commission: number): Entry[] {
  return balanced([
    { account: 'BUYER', amount: -amount },
    { account: 'PLATFORM_FEE', amount: commission },
    { account: 'PARTNER_PAYABLE', amount: amount - commission },
  ])
}

/** From now on `amount` is the buyer's again: the platform returns its share `fee` of it, the partner the rest. */
export function refundOwedEntries(amount: number, fee: number): Entry[] {
  return balanced([
    { account: 'PLATFORM_FEE', amount: -fee },
    { account: 'PARTNER_PAYABLE', amount: fee - amount },
    { account: 'REFUND', amount },
  ])
}

/** The provider has given `amount` back. */
export function refundPaidEntries(amount: number): Entry[] {
  return balanced([
    { account: 'REFUND', amount: -amount },
    { account: 'BUYER', amount },
  ])
}

/** A payment, and how much of it was promised back before. */
export interface RefundBase {
  readonly captured: number
  readonly commission: number
  readonly refundReserved: number
}

/**
 * The platform's share of a refund. Proportional and reckoned from the running total, so that however a payment is
 * given back in parts, the shares add up to exactly the commission.
 */
export function feeToReturn({ captured, commission, refundReserved }: RefundBase, amount: number): number {
  const returnedAfter = (reserved: number) =>
    Number((2n * BigInt(commission) * BigInt(reserved) + BigInt(captured)) / (2n * BigInt(captured)))
  return returnedAfter(refundReserved + amount) - returnedAfter(refundReserved)
}

/** An account that nothing flows into is not mentioned. */
function balanced(entries: readonly Entry[]): Entry[] {
  const sum = entries.reduce((total, entry) => total + entry.amount, 0)
  if (sum !== 0) throw new Error(`a posting must sum to zero, not to ${sum}`)
  return entries.filter((entry) => entry.amount !== 0)
}
