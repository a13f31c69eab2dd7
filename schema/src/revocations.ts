import { z } from 'zod'

/**
 * Where the user service tells gateways which sign-ins are over and which accounts are closed:
 * `GET /internal/revocations[?after=<cursor>]`, signed as a service. Answers what changed after the cursor, or all that
 * is in force without one, in the order in which it became true. To be asked several times a second.
 */
export const REVOCATIONS_PATH = '/internal/revocations'

/** Something that became true about a person's sign-ins. It replaces what was said before about the same `subject` and `signInId`. */
export const revocation = z.object({
  /** The person's Cognito subject. */
  subject: z.string(),
  /** Cognito's `origin_jti` when this is about one sign-in; null when it is about the person. */
  signInId: z.string().nullable(),
  /** Sign-ins up to this instant are over: all of the person, or the one. Null when none are. */
  signedOutAt: z.iso.datetime().nullable(),
  /** Whether the account is closed to the person, whenever they signed in. */
  isClosed: z.boolean(),
})

/** A part of what there is to tell. */
export const revocationPage = z.object({
  /** Ask for what comes after this next. */
  cursor: z.string(),
  /** Whether there is more to ask for at once. */
  hasMore: z.boolean(),
  revocations: z.array(revocation),
})

/** What became true about a person's sign-ins. */
export type Revocation = z.infer<typeof revocation>

/** A part of what there is to tell. */
export type RevocationPage = z.infer<typeof revocationPage>
