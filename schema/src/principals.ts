import { z } from 'zod'

/**
 * Where a service answers who a principal is. The gateway asks, signed as a service, and only on its own behalf:
 * `GET /internal/principal?subject=…`. 200 with the shape below, or 404 when the service knows nobody by this subject.
 *
 * - user: `subject` is the Cognito subject of a person. `signedInAt`, the instant of the token's sign-in, lets sign-ins be counted.
 * - admin: the same subject; only asked for people in the Cognito group `admin`.
 * - partner: the same subject, only asked for people in the group `partner`; or the Cognito app client of a machine.
 */
export const PRINCIPAL_PATH = '/internal/principal'

/**
 * Where the user service is asked about many people at once: `POST` of `{ questions }` with at most `PRINCIPALS_MAX` of them,
 * each with the parameters above. Its answer has a place for each question, with null where a single one would be 404.
 */
export const PRINCIPALS_PATH = '/internal/principals'

/** Questions in one request at most. */
export const PRINCIPALS_MAX = 200

/** What is answered about many. */
export interface PrincipalAnswers<Principal> {
  readonly principals: readonly (Principal | null)[]
}

/** What the user service knows about a person. */
export const userPrincipal = z.object({
  /** `User.id`. */
  userId: z.uuid(),
  /** Anything but ACTIVE closes the whole platform to its holder. */
  status: z.enum(['ACTIVE', 'SUSPENDED', 'ERASED']),
})

/** What the admin service knows about a person. Inactive admins are answered 404. */
export const adminPrincipal = z.object({
  adminRole: z.enum(['SUPER_ADMIN', 'SUPPORT', 'FINANCE']),
})

/** What the partner service knows about a member of staff or a machine. Revoked ones are answered 404. */
export const partnerPrincipal = z.object({
  /** All partners that a person works for; the one partner that owns a machine's client. */
  partners: z.array(z.object({ partnerId: z.uuid(), role: z.enum(['OWNER', 'MANAGER', 'SCANNER', 'MACHINE']) })),
})

/** What the user service answers. */
export type UserPrincipal = z.infer<typeof userPrincipal>

/** What the admin service answers. */
export type AdminPrincipal = z.infer<typeof adminPrincipal>

/** What the partner service answers. */
export type PartnerPrincipal = z.infer<typeof partnerPrincipal>
