import { idempotencyKey, noCardNumber, text } from '@tikitu/runtime/validate'
import { z } from 'zod'

/** What `checkout` takes. */
export const checkoutInput = z.object({ holdId: z.string(), idempotencyKey })

/** What `cancelBooking` takes. */
export const cancelInput = z.object({ bookingId: z.string(), reason: noCardNumber(text(1, 500)), idempotencyKey })
