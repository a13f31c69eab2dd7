import { idempotencyKey, text } from '@tikitu/runtime/validate'
import { z } from 'zod'
import { hasCardNumber } from '../payment-log/card-number.rules.ts'
import { PAYMENT_METHODS } from './payment.rules.ts'

/** Ids, keys and instruments are short; what is longer is none. */
const ID_LENGTH_MAX = 100

/**
 * No field of ours takes a card number, so whoever sends one made a mistake that must not be kept: not in a table, and
 * not in the log line of a refusal that repeats what was asked for.
 */
const noCardNumber = <Shape extends z.ZodType<string>>(shape: Shape) =>
  shape.refine((value) => !hasCardNumber(value), 'must not contain a card number')

const name = noCardNumber(text(1, ID_LENGTH_MAX))

/** See `startPayment` in the SDL. */
export const startInput = z.object({
  bookingId: name,
  method: z.enum(PAYMENT_METHODS),
  idempotencyKey: noCardNumber(idempotencyKey),
})

/** See `confirmPayment` in the SDL. */
export const confirmInput = z.object({ paymentId: name, instrument: name })
