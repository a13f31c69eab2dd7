import type { PaymentMethod } from '../payments/payment.rules.ts'

/** What to pay with, at the sandbox: Stripe's own name of a card in its test mode, if it has one, and what the sandbox plays. */
interface Instrument {
  readonly card?: string
  readonly plays: string
}

/** The test instruments, in the order in which they are listed. */
const INSTRUMENTS_BY_NAME: Readonly<Record<string, Instrument>> = {
  tok_success: { card: 'pm_card_visa', plays: 'success' },
  tok_declined: { card: 'pm_card_visa_chargeDeclined', plays: 'declined' },
  tok_insufficient_funds: { card: 'pm_card_visa_chargeDeclinedInsufficientFunds', plays: 'insufficientFunds' },
  tok_expired_card: { card: 'pm_card_chargeDeclinedExpiredCard', plays: 'expired' },
  tok_3ds_success: { card: 'pm_card_authenticationRequired', plays: 'authenticationSucceeds' },
  tok_3ds_failure: { plays: 'authenticationFails' },
  tok_3ds_abandoned: { plays: 'authenticationAbandoned' },
  tok_late_success: { plays: 'lateSuccess' },
  tok_late_decline: { plays: 'lateDecline' },
  tok_refund_pending: { card: 'pm_card_pendingRefund', plays: 'pendingRefund' },
  tok_refund_failed: { plays: 'failingRefund' },
  tok_dispute: { card: 'pm_card_createDispute', plays: 'disputed' },
  tok_webhook_delayed: { plays: 'webhookDelayed' },
  tok_webhook_doubled: { plays: 'webhookDoubled' },
  tok_webhooks_reordered: { plays: 'webhooksReordered' },
  tok_webhook_lost: { plays: 'webhookLost' },
  tok_http_500: { plays: 'serverError' },
  tok_http_429: { plays: 'rateLimited' },
  tok_timeout: { plays: 'timeout' },
}

/** The names of the test instruments. The README says what comes of each. */
export const INSTRUMENTS: readonly string[] = Object.keys(INSTRUMENTS_BY_NAME)

const TYPES: Readonly<Record<PaymentMethod, string>> = {
  CARD: 'card',
  UPI: 'upi',
  NET_BANKING: 'netbanking',
  WALLET: 'link',
}

/** The payment method to confirm with. Throws when there is no such instrument. */
export function paymentMethodOf(instrument: string, method: PaymentMethod): string {
  const found = Object.hasOwn(INSTRUMENTS_BY_NAME, instrument) ? INSTRUMENTS_BY_NAME[instrument] : undefined
  if (!found) throw new Error('the sandbox has no such instrument')
  return method === 'CARD' && found.card !== undefined ? found.card : `pm_${TYPES[method]}_${found.plays}`
}
