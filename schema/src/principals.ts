import { z } from 'zod'

/**
 * Where a service answers who a principal is. The gateway asks, signed as a service, and only on its own behalf:
 * `GET /internal/principal?subject=…`. 200 with the shape below, or 404 when the service knows nobody by this subject.
 *
 * - user: `subject` is the Cognito subject of a person.
 * - admin: the same; only asked for people in the Cognito group `admin`.
 * - partner: the same plus `userId`, once registered; only asked for people in the group `partner`. For a machine,
 *   `clientId` and `subject` are both its Cognito app client.
 */
export const PRINCIPAL_PATH = '/internal/principal'

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
