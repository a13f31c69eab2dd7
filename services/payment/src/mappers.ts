import type { PaymentRow } from './payments/payment.sql.ts'
import type { RefundRow } from './refunds/refund.sql.ts'

/** What the resolvers of `Payment` are given. */
export type PaymentSource = PaymentRow

/** What the resolvers of `Refund` are given. */
export type RefundSource = RefundRow
