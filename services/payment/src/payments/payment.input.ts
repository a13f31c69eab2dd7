import { idempotencyKey, noCardNumber, text } from '@tikitu/runtime/validate'
import { z } from 'zod'
import { PAYMENT_METHODS } from './payment.rules.ts'

/** Ids, keys and instruments are short; what is longer is none. */
const ID_LENGTH_MAX = 100

const name = noCardNumber(text(1, ID_LENGTH_MAX))

/** See `startPayment` in the SDL. */
export const startInput = z.object({
  bookingId: name,
  method: z.enum(PAYMENT_METHODS),
  idempotencyKey: noCardNumber(idempotencyKey),
})

/** See `confirmPayment` in the SDL. */
export const confirmInput = z.object({ paymentId: name, instrument: name })
