import { text } from '@tikitu/runtime/validate'
import { z } from 'zod'

/** Whatever a scanner read; no code of ours is longer than a few hundred characters. */
export const code = z.string().max(1_000, 'must have at most 1000 characters')

/** What `checkIn` takes. */
export const checkInInput = z.object({
  eventId: z.string(),
  code,
  nonce: z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be 1 to 100 printable characters without spaces'),
  gate: text(1, 100),
})
