import { z } from 'zod'
import { defineEvent } from './define.ts'
import { currency, id, instant, minorUnits } from './shapes.ts'

const payment = { paymentId: id, bookingId: id, userId: id }

/** The provider holds the buyer's money for us. */
export const PaymentSucceeded = defineEvent(
  'payment.succeeded',
  z.object({ ...payment, amount: minorUnits.positive(), currency, providerRef: z.string(), at: instant }),
  (data) => data.bookingId,
)

/** One attempt to pay failed; the buyer may try again until the deadline. */
export const PaymentFailed = defineEvent(
  'payment.failed',
  z.object({ ...payment, code: z.string(), at: instant }),
  (data) => data.bookingId,
)

/** An attempt to pay was given up and can no longer take money. */
export const PaymentCancelled = defineEvent(
  'payment.cancelled',
  z.object({ ...payment, reason: z.string(), at: instant }),
  (data) => data.bookingId,
)

const refund = { refundId: id, paymentId: id, bookingId: id, userId: id, amount: minorUnits.positive(), currency }

/** The provider has given the money back. */
export const RefundSucceeded = defineEvent(
  'refund.succeeded',
  z.object({ ...refund, at: instant }),
  (data) => data.bookingId,
)

/** The provider refused to give the money back. */
export const RefundFailed = defineEvent(
  'refund.failed',
  z.object({ ...refund, code: z.string(), at: instant }),
  (data) => data.bookingId,
)
