import { idempotencyKey, noCardNumber, text } from '@tikitu/runtime/validate'
import { z } from 'zod'

/** What `markSettlementPaid` takes. */
export const markPaidInput = z.object({
  settlementId: z.string(),
  bankReference: noCardNumber(text(1, 100)),
  idempotencyKey,
})
