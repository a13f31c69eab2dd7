import { idempotencyKey, noCardNumber, optionalKey, text } from '@tikitu/runtime/validate'
import { z } from 'zod'

const holderName = noCardNumber(text(1, 100))
  .nullish()
  .transform((name) => name ?? null)

/** What `renameTicket` takes. */
export const renameInput = z.object({ ticketId: z.string(), holderName, idempotencyKey })

/** What `transferTicket` takes. */
export const transferInput = z.object({ ticketId: z.string(), idempotencyKey })

/** What `withdrawTransfer` takes. */
export const withdrawInput = z.object({ transferId: z.string(), idempotencyKey: optionalKey })

/** What `claimTicket` takes. */
export const claimInput = z.object({
  token: z.string().max(200, 'must have at most 200 characters'),
  holderName,
  idempotencyKey,
})
