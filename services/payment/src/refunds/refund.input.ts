import { idempotencyKey, noCardNumber, text } from '@tikitu/runtime/validate'
import { z } from 'zod'

/** What `approveRefund`, `rejectRefund`, `retryRefund` and `resolveRefund` take. */
export const decideInput = z.object({ refundId: z.string(), note: noCardNumber(text(1, 500)), idempotencyKey })
