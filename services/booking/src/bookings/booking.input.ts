import { idempotencyKey, noCardNumber, text } from '@tikitu/runtime/validate'
import { z } from 'zod'

/** What `checkout` takes. */
export const checkoutInput = z.object({ holdId: z.string(), idempotencyKey })

/** What `cancelBooking` takes. */
export const cancelInput = z.object({ bookingId: z.string(), reason: noCardNumber(text(1, 500)), idempotencyKey })

/** What `refundBooking` takes: tickets, or an amount. */
export const refundInput = z
  .object({
    bookingId: z.string(),
    ticketIds: z.array(z.string()).min(1, 'must not be empty').max(100, 'must have at most 100 tickets').nullish(),
    amount: z.int().positive('must be more than nothing').nullish(),
    reason: noCardNumber(text(1, 500)),
    idempotencyKey,
  })
  .refine(({ ticketIds, amount }) => (ticketIds == null) !== (amount == null), 'names either tickets or an amount')
