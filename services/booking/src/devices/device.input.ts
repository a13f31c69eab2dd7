import { idempotencyKey, optionalKey, text } from '@tikitu/runtime/validate'
import { z } from 'zod'

/** Whatever somebody brings as a token; ours have less than a hundred characters. */
const token = z.string().max(200, 'must have at most 200 characters')

/** The credential of a device: of what has another form it is clear that it is none. */
export const credential = z.string().regex(/^tkdev_[\w-]{64}$/, 'must be the credential of a device')

/** What `issueDeviceToken` takes. */
export const issueInput = z.object({
  partnerId: z.string(),
  eventId: z.string().nullish(),
  name: text(1, 100),
  idempotencyKey,
})

/** What `registerDevice` takes. */
export const registerInput = z.object({ token, idempotencyKey })

/** What `revokeDevice` takes. */
export const revokeInput = z.object({ deviceId: z.string(), idempotencyKey: optionalKey })
