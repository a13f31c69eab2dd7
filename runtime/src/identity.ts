import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { Fault } from './fault.ts'

/** The header that carries a signed identity from the gateway, or from one service to another. */
export const IDENTITY_HEADER = 'x-tikitu-identity'

/** How long a signed identity is accepted, in seconds. A request is over long before. */
export const IDENTITY_SECONDS = 30

const shape = z.object({
  /** What kind of caller this is. */
  kind: z.enum(['anonymous', 'user', 'machine', 'service']),
  /** The Cognito subject of a user, the app client of a machine, the name of a service; empty for anonymous callers. */
  subject: z.string(),
  /** `User.id`, once the subject has registered. */
  userId: z.uuid().nullable(),
  /** Cognito groups. */
  groups: z.array(z.string()).readonly(),
  /** OAuth scopes. */
  scopes: z.array(z.string()).readonly(),
  /** The Cognito app client that the token was issued to; null for anonymous callers and services. */
  clientId: z.string().nullable(),
  /** Cognito's name of the sign-in that the token is from; null for callers who did not sign in. */
  signInId: z.string().nullable().default(null),
  /** The role of an active admin who is also in the group `admin`. */
  adminRole: z.enum(['SUPER_ADMIN', 'SUPPORT', 'FINANCE']).nullable(),
  /** The partners that the caller works for. A machine belongs to the one partner that owns its client. */
  partners: z.array(z.object({ partnerId: z.uuid(), role: z.enum(['OWNER', 'MANAGER', 'SCANNER', 'MACHINE']) })),
  /** True when the service that knows the caller could not be asked: `userId`, role and partners may be missing. */
  incomplete: z.boolean(),
  /** The id of the request at the gateway; it is in every log line and every fault. */
  requestId: z.string(),
  /** The caller's network address as the gateway saw it. */
  ip: z.string().nullable(),
})

/** Who is asking, as the gateway established it. */
export type Identity = Readonly<z.infer<typeof shape>>

/** What a member of a partner's staff, or its machine, may do there. */
export type PartnerRole = Identity['partners'][number]['role']

/** A request's id is not signed, so that one statement serves all requests of a caller for some seconds. */
const statement = shape.omit({ requestId: true }).extend({ exp: z.int() })

/** A caller without a token. */
export function anonymous(requestId: string, ip: string | null = null): Identity {
  return {
    kind: 'anonymous',
    subject: '',
    userId: null,
    groups: [],
    scopes: [],
    clientId: null,
    signInId: null,
    adminRole: null,
    partners: [],
    incomplete: false,
    requestId,
    ip,
  }
}

/** One of our own services, asking on its own behalf. */
export function serviceIdentity(service: string, requestId: string): Identity {
  return { ...anonymous(requestId), kind: 'service', subject: service }
}

/** Signs a statement of who is asking: `base64url(json).base64url(hmac-sha256)`, valid for `IDENTITY_SECONDS`. */
export function signIdentity(identity: Identity, secret: string, nowSeconds = Date.now() / 1000): string {
  const json = JSON.stringify({ ...identity, requestId: undefined, exp: Math.floor(nowSeconds) + IDENTITY_SECONDS })
  const body = Buffer.from(json).toString('base64url')
  return `${body}.${mac(body, secret)}`
}

/** Reads a signed statement for the request of this id. Anything but a fresh one signed with our secret is the fault UNAUTHENTICATED. */
export function verifyIdentity(
  header: string | undefined,
  secret: string,
  requestId: string,
  nowSeconds = Date.now() / 1000,
): Identity {
  const [body, signature, rest] = (header ?? '').split('.')
  if (!body || !signature || rest !== undefined || !sameBytes(signature, mac(body, secret))) throw unsigned()
  const { exp, ...identity } = statement.parse(JSON.parse(Buffer.from(body, 'base64url').toString()))
  if (exp <= nowSeconds) throw unsigned()
  return { ...identity, requestId }
}

const mac = (body: string, secret: string) => createHmac('sha256', secret).update(body).digest('base64url')

const unsigned = () => new Fault('UNAUTHENTICATED', 'This address is only for the gateway.')

function sameBytes(given: string, expected: string): boolean {
  const left = Buffer.from(given)
  const right = Buffer.from(expected)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The caller's user id. Anonymous callers and machines get UNAUTHENTICATED or FORBIDDEN, strangers are asked to register. */
export function requireUserId(identity: Identity): string {
  if (identity.userId) return identity.userId
  if (identity.kind === 'anonymous') throw new Fault('UNAUTHENTICATED', 'Sign in to do this.')
  if (identity.incomplete)
    throw new Fault('UNAVAILABLE', 'Your account cannot be looked up right now. Please try again.')
  if (identity.kind === 'user') throw new Fault('FORBIDDEN', 'Register first, with the mutation registerUser.')
  throw new Fault('FORBIDDEN', 'Only a person can do this.')
}

/** Makes sure that one of our own services is asking, on its own behalf. */
export function requireService(identity: Identity): void {
  if (identity.kind !== 'service') throw new Fault('FORBIDDEN', 'This address is only for services.')
}

/** Makes sure that an admin is asking, of one of these roles if any are named. SUPER_ADMIN may do everything. */
export function requireAdmin(identity: Identity, ...roles: NonNullable<Identity['adminRole']>[]): void {
  if (isAdmin(identity, ...roles)) return
  if (identity.kind === 'anonymous') throw new Fault('UNAUTHENTICATED', 'Sign in to do this.')
  if (identity.incomplete)
    throw new Fault('UNAVAILABLE', 'Your account cannot be looked up right now. Please try again.')
  throw new Fault('FORBIDDEN', 'Your role does not allow this.')
}

/** Whether the caller is an admin, of one of these roles if any are named. SUPER_ADMIN is all of them. */
export function isAdmin(identity: Identity, ...roles: NonNullable<Identity['adminRole']>[]): boolean {
  const role = identity.adminRole
  return role !== null && (roles.length === 0 || role === 'SUPER_ADMIN' || roles.includes(role))
}

/** Whether the caller works for the partner in one of these roles. */
export function worksFor(identity: Identity, partnerId: string, ...roles: PartnerRole[]): boolean {
  return identity.partners.some(
    (staff) => staff.partnerId === partnerId && (roles.length === 0 || roles.includes(staff.role)),
  )
}

/**
 * Whether the caller may do this at the partner: staff of one of the roles, or the partner's machine with the scope.
 * Says nothing about admins.
 */
export function mayActFor(
  identity: Identity,
  partnerId: string,
  roles: readonly PartnerRole[],
  scope: string,
): boolean {
  if (identity.kind === 'machine') return identity.scopes.includes(scope) && worksFor(identity, partnerId, 'MACHINE')
  return worksFor(identity, partnerId, ...roles)
}
