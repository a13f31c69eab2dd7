import { TokenRejected, type AccessClaims, type TokenVerifier } from '@tikitu/runtime/cognito'
import { Fault } from '@tikitu/runtime/fault'
import { anonymous, type Identity } from '@tikitu/runtime/identity'
import type { FastifyRequest } from 'fastify'
import type { Directory } from './directory.ts'
import type { Revocations } from './revocations.ts'

/** What is looked at of a request, or of whoever stays connected. */
export type Asking = Pick<FastifyRequest, 'id' | 'ip' | 'log'> & {
  readonly headers: { readonly authorization?: string | undefined }
}

/** Establishes who asks. */
export type Authenticate = (asking: Asking) => Promise<Identity>

/**
 * Nobody without a token; whoever the token says with one. A token that is expired, tampered with, of another pool or
 * anything else than ours is UNAUTHENTICATED: it never makes a caller anonymous. So is one of a sign-in that is over, and a
 * closed account.
 */
export function authenticator(
  verify: TokenVerifier<AccessClaims>,
  revocations: Revocations,
  directory: Directory,
): Authenticate {
  return async (request) => {
    const { authorization } = request.headers
    // At once: when the client has left by the time that it is known who they are, nobody can tell from where they asked.
    const { ip } = request
    if (authorization === undefined) return anonymous(request.id, ip)
    const claims = await verifyHeader(verify, authorization, request)
    if (revocations.isOver(claims)) throw rejected(request, 'the sign-in is over')
    if (revocations.isClosed(claims.subject)) throw accountClosed()
    const principal = await directory.principalOf(claims, request.id)
    if (principal.closed) throw accountClosed()
    return {
      kind: claims.kind,
      subject: claims.subject,
      userId: principal.userId,
      groups: claims.groups,
      scopes: claims.scopes,
      clientId: claims.clientId,
      signInId: claims.signInId,
      adminRole: principal.adminRole,
      partners: principal.partners,
      incomplete: principal.incomplete,
      requestId: request.id,
      ip,
    }
  }
}

async function verifyHeader(verify: TokenVerifier<AccessClaims>, authorization: string, request: Asking) {
  const token = /^bearer +([^\s]+) *$/i.exec(authorization)?.[1]
  if (!token) throw new Fault('UNAUTHENTICATED', 'The header Authorization must be: Bearer <access token>.')
  try {
    return await verify(token)
  } catch (error) {
    if (!(error instanceof TokenRejected)) throw error
    throw rejected(request, error.message, { cause: error })
  }
}

function rejected({ log }: Asking, reason: string, options?: { cause: Error }): Fault {
  log.info({ reason }, 'a token was rejected')
  return new Fault('UNAUTHENTICATED', 'The access token is not valid. Sign in again.', options)
}

const accountClosed = () => new Fault('UNAUTHENTICATED', 'This account is closed.')
