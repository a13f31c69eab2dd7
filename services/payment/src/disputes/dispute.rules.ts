import type { Loss } from '../ledger/ledger.rules.ts'
import type { PaymentStep } from '../payments/payment-machine.rules.ts'

/** Waits for the bank's decision; decided for us; decided for the buyer. */
export const DISPUTE_STATUSES = ['OPEN', 'WON', 'LOST'] as const
/** One of them. */
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number]

/** What changes by what the provider says about a dispute. */
export type DisputeStep = 'open' | 'win' | 'lose'

/**
 * What follows from what the provider says, in whatever order it is heard: a dispute that is heard of as decided was
 * opened before, and what is decided stays so.
 */
export function disputeSteps(known: DisputeStatus | null, said: DisputeStatus): readonly DisputeStep[] {
  const opening: readonly DisputeStep[] = known === null ? ['open'] : []
  if (known === 'WON' || known === 'LOST' || said === 'OPEN') return opening
  return [...opening, said === 'WON' ? 'win' : 'lose']
}

/** A payment, as far as it decides about a dispute of it. */
export interface DisputedMoney {
  readonly captured: number
  readonly refundReserved: number
  readonly contested: number
  readonly lost: number
}

/** How much of what the bank took was left of the payment. */
export function contestedOf({ captured, refundReserved, contested, lost }: DisputedMoney, amount: number): number {
  return Math.min(amount, captured - refundReserved - contested - lost)
}

/** A refund that was promised and not sent. */
export interface PromisedRefund {
  readonly id: string
  readonly amount: number
}

/**
 * Which promised refunds the buyer has by what the bank took, the oldest first as far as they fit: they are not sent a
 * second time. What the bank took beyond everything that was theirs, and beyond what was sent before, is the platform's loss.
 */
export function refundsCovered<Refund extends PromisedRefund>(
  dispute: { readonly amount: number; readonly contested: number },
  promised: readonly Refund[],
): { readonly covered: readonly Refund[] } & Pick<Loss, 'refunds' | 'excess'> {
  let rest = dispute.amount - dispute.contested
  const covered: Refund[] = []
  for (const refund of promised) {
    if (refund.amount > rest) continue
    covered.push(refund)
    rest -= refund.amount
  }
  return { covered, refunds: dispute.amount - dispute.contested - rest, excess: rest }
}

/** What a decision is for a payment: others of its disputes may still be open, or may have been lost. */
export function stepAfterDispute({ isOpen, isLost }: AfterDispute): PaymentStep {
  if (isOpen) return { on: 'dispute decided', when: 'another is open' }
  return { on: 'dispute decided', when: isLost ? 'one was lost' : 'all were won' }
}

interface AfterDispute {
  /** Whether another dispute of the payment is not decided. */
  readonly isOpen: boolean
  /** Whether this one was lost, or another one before. */
  readonly isLost: boolean
}
