/**
 * The accounts. A positive amount flows in, a negative one out: `BUYER` is minus what a buyer's bank is out of pocket,
 * `REFUND` what is owed to buyers and has not arrived there, `DISPUTE` minus what banks have taken back and is contested,
 * `SETTLEMENT` what we have instructed to be paid to partners, `PAYOUT` what was paid to them.
 */
export const ACCOUNTS = [
  'BUYER',
  'PLATFORM_FEE',
  'PARTNER_PAYABLE',
  'PROVIDER_FEE',
  'REFUND',
  'DISPUTE',
  'SETTLEMENT',
  'PAYOUT',
] as const
/** One of them. */
export type Account = (typeof ACCOUNTS)[number]

/**
 * What is posted: money came; money is owed back, is owed no longer, went back; a bank took money back, gave it to us
 * again, or keeps it; a partner's money is instructed to be paid, and was paid.
 */
export const CAUSES = [
  'CAPTURE',
  'REFUND_OWED',
  'REFUND_RELEASED',
  'REFUND_PAID',
  'DISPUTE_OPENED',
  'DISPUTE_WON',
  'DISPUTE_LOST',
  'SETTLEMENT_DUE',
  'SETTLEMENT_PAID',
] as const
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

/** `amount` is not the buyer's after all: platform and partner have it again, the platform its share `fee`. */
export function refundReleasedEntries(amount: number, fee: number): Entry[] {
  return balanced([
    { account: 'REFUND', amount: -amount },
    { account: 'PLATFORM_FEE', amount: fee },
    { account: 'PARTNER_PAYABLE', amount: amount - fee },
  ])
}

/** The provider has given `amount` back. */
export function refundPaidEntries(amount: number): Entry[] {
  return balanced([
    { account: 'REFUND', amount: -amount },
    { account: 'BUYER', amount },
  ])
}

/** The buyer's bank has taken `amount` back. Whose loss that is, is not known before the dispute is over. */
export function disputeOpenedEntries(amount: number): Entry[] {
  return balanced([
    { account: 'DISPUTE', amount: -amount },
    { account: 'BUYER', amount },
  ])
}

/** The bank has given `amount` to us again. */
export function disputeWonEntries(amount: number): Entry[] {
  return balanced([
    { account: 'BUYER', amount: -amount },
    { account: 'DISPUTE', amount },
  ])
}

/** Who bears a dispute that was lost. */
export interface Loss {
  /** What was owed to the buyer anyway, and has reached them this way. */
  readonly refunds: number
  /** The part of the sale that is undone. */
  readonly undone: number
  /** The platform's share of `undone`; the rest is the partner's. */
  readonly fee: number
  /** What the bank took beyond what was left of the payment: the platform's loss. */
  readonly excess: number
}

/** The buyer keeps what the bank has taken back. */
export function disputeLostEntries({ refunds, undone, fee, excess }: Loss): Entry[] {
  return balanced([
    { account: 'DISPUTE', amount: refunds + undone + excess },
    { account: 'REFUND', amount: -refunds },
    { account: 'PLATFORM_FEE', amount: -fee - excess },
    { account: 'PARTNER_PAYABLE', amount: fee - undone },
  ])
}

/** A payment, and how much of it was promised back, or lost to a dispute, before. */
export interface RefundBase {
  readonly captured: number
  readonly commission: number
  readonly returned: number
}

/**
 * The platform's share of a refund. Proportional and reckoned from the running total, so that however a payment is
 * given back in parts, the shares add up to exactly the commission. Of a refund that is owed no longer `returned` is
 * what is left without it, so that the running total is what it would be without it.
 */
export function feeToReturn({ captured, commission, returned }: RefundBase, amount: number): number {
  const returnedAfter = (reserved: number) =>
    Number((2n * BigInt(commission) * BigInt(reserved) + BigInt(captured)) / (2n * BigInt(captured)))
  return returnedAfter(returned + amount) - returnedAfter(returned)
}

/** An account that nothing flows into is not mentioned. */
function balanced(entries: readonly Entry[]): Entry[] {
  const sum = entries.reduce((total, entry) => total + entry.amount, 0)
  if (sum !== 0) throw new Error(`a posting must sum to zero, not to ${sum}`)
  return entries.filter((entry) => entry.amount !== 0)
}
