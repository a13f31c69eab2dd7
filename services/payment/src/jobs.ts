import { defineJob } from '@tikitu/runtime/jobs'
import { z } from 'zod'

/** Take a payment as far as the provider lets it go. */
export const PursuePayment = defineJob('payment.pursue', z.object({ paymentId: z.uuid() }))

/** Take a refund as far as the provider lets it go. */
export const PursueRefund = defineJob('refund.pursue', z.object({ refundId: z.uuid() }))
