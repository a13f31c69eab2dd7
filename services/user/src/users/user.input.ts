import { currencyCode, httpsUrl, language, phone, text, timezone } from '@tikitu/runtime/validate'
import { z } from 'zod'

/** `UpdateProfileInput`: what is left out stays, null clears. */
export const profileInput = z.object({
  firstName: text(1, 100).nullish(),
  lastName: text(1, 100).nullish(),
  phone: phone.nullish(),
  dateOfBirth: z.string().nullish(),
  avatarUrl: httpsUrl.nullish(),
  bio: text(1, 1_000).nullish(),
})

const NEEDS_MAX = 20

/** `UpdatePreferencesInput`: what is left out stays, and nothing can be cleared. */
export const preferenceInput = z.object({
  language: language.optional(),
  currency: currencyCode.optional(),
  timezone: timezone.optional(),
  marketingOptIn: z.boolean('must be true or false').optional(),
  accessibilityNeeds: z
    .array(text(1, 50))
    .max(NEEDS_MAX, `must have at most ${NEEDS_MAX} entries`)
    .transform((needs) => [...new Set(needs)])
    .optional(),
})

/** Why an admin did something. */
export const reasonInput = z.object({ reason: text(1, 500) })

/** `UserFilter`: empty text finds everybody. */
export const searchInput = z.object({
  text: text(0, 200)
    .nullish()
    .transform((part) => part ?? undefined),
  status: z.enum(['ACTIVE', 'SUSPENDED', 'ERASED']).nullish(),
})
