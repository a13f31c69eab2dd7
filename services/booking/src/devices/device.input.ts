import { idempotencyKey, text } from '@tikitu/runtime/validate'
import { z } from 'zod'

/** Whatever a device brings as its secret; ours have less than a hundred characters. */
export const secret = z.string().max(200, 'must have at most 200 characters')

/** What `issueDeviceToken` takes. */
export const issueInput = z.object({
  partnerId: z.string(),
  eventId: z.string().nullish(),
  name: text(1, 100),
  idempotencyKey,
})

/** What `registerDevice` takes. */
export const registerInput = z.object({ token: secret, idempotencyKey })

/** What `revokeDevice` takes. */
export const revokeInput = z.object({ deviceId: z.string() })
