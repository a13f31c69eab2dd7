import { defineJob } from '@tikitu/runtime/jobs'
import { z } from 'zod'
import { PROVIDER_NAMES } from './providers/provider.ts'

/** Take a payment as far as the provider lets it go. */
export const PursuePayment = defineJob('payment.pursue', z.object({ paymentId: z.uuid() }))

/** Take a refund as far as the provider lets it go. */
export const PursueRefund = defineJob('refund.pursue', z.object({ refundId: z.uuid() }))

/** Ask the provider about what a webhook told of. */
export const FollowWebhook = defineJob(
  'webhook.follow',
  z.object({
    provider: z.enum(PROVIDER_NAMES),
    kind: z.enum(['intent', 'refund', 'dispute']),
    ref: z.string().max(255),
  }),
)
