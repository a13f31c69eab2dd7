import { defineJob } from '@tikitu/runtime/jobs'
import { z } from 'zod'
import { PROVIDER_NAMES } from './providers/provider.ts'

/** Take a payment as far as the provider lets it go. */
export const PursuePayment = defineJob('payment.pursue', z.object({ paymentId: z.uuid() }))

/** Take a refund as far as the provider lets it go. */
export const PursueRefund = defineJob('refund.pursue', z.object({ refundId: z.uuid() }))

/** Ask the providers for attempts since an instant that this database has forgotten, because it was restored. */
export const AdoptPayments = defineJob('payment.adopt', z.object({ since: z.iso.datetime({ offset: true }) }))

/** Ask the provider about what a webhook told of. */
export const FollowWebhook = defineJob(
  'webhook.follow',
  z.object({
    provider: z.enum(PROVIDER_NAMES),
    kind: z.enum(['intent', 'refund', 'dispute']),
    ref: z.string().max(255),
  }),
)
