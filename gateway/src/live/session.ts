import { Fault } from '@tikitu/runtime/fault'
import type { Identity } from '@tikitu/runtime/identity'
import type { FastifyRequest } from 'fastify'
import type { Authenticate } from '../identity/authenticate.ts'
import type { Revocations } from '../identity/revocations.ts'

/** Somebody who stays connected: who they are, for as long as that is true. */
export interface Session {
  /** As it was established when they came. It does not change: when it would, the session ends. */
  readonly identity: Identity
  /**
   * Aborted with a `Fault` for its reason when the token expires or is revoked, the account is closed, or what the caller
   * may do has changed.
   */
  readonly ended: AbortSignal
  /** They have gone. */
  leave(): void
}

/** How sessions are kept. */
export interface SessionOptions {
  readonly authenticate: Authenticate
  /** Tells at once when something was revoked. */
  readonly revocations: Pick<Revocations, 'watch'>
  /** How often it is looked whether they still are who they were, in milliseconds. */
  readonly recheckMilliseconds: number
}

/** Begins sessions; throws what `Authenticate` throws. */
export type OpenSession = (request: FastifyRequest, authorization: string | undefined) => Promise<Session>

/** Opens sessions of callers who come with a token, or as nobody with none. */
export function sessions({ authenticate, revocations, recheckMilliseconds }: SessionOptions): OpenSession {
  return async ({ id, ip, log }, authorization) => {
    const asking = { id, ip, log, headers: { authorization } }
    const identity = await authenticate(asking)
    const ending = new AbortController()
    if (authorization === undefined) return { identity, ended: ending.signal, leave: () => {} }

    const end = (fault: Fault) => {
      leave()
      ending.abort(fault)
    }
    const expiry = setTimeout(
      () => end(new Fault('UNAUTHENTICATED', 'The access token has expired. Sign in again.')),
      millisecondsLeft(authorization),
    )
    let isLooking = false
    let mayHaveChanged = false
    const look = async () => {
      mayHaveChanged = true
      if (isLooking) return
      isLooking = true
      while (mayHaveChanged && !ending.signal.aborted) {
        mayHaveChanged = false
        const fault = await changeOf(identity, authenticate(asking))
        if (fault) end(fault)
      }
      isLooking = false
    }
    const recheck = setInterval(() => void look(), recheckMilliseconds)
    const unwatch = revocations.watch(identity.subject, () => void look())
    const leave = () => {
      unwatch()
      clearTimeout(expiry)
      clearInterval(recheck)
    }
    // Something may have been revoked while it was asked who they are. Not now: nobody listens to the signal yet.
    setImmediate(() => void look())
    return { identity, ended: ending.signal, leave }
  }
}

/** The longest that a timer can wait. */
const FOREVER = 2 ** 31 - 1

/** The token was verified; here it is only asked for its time. */
function millisecondsLeft(authorization: string): number {
  const [, payload = ''] = authorization.split('.')
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined
  if (typeof exp !== 'number') throw new Error('a verified token does not say when it expires')
  return Math.min(Math.max(exp * 1000 - Date.now(), 0), FOREVER)
}

/** Why somebody is not who they were; undefined when they are, or when nobody can tell just now. */
async function changeOf(identity: Identity, now: Promise<Identity>): Promise<Fault | undefined> {
  try {
    const known = await now
    if (known.incomplete || authority(known) === authority(identity)) return undefined
    return new Fault('UNAUTHENTICATED', 'What you may do has changed. Connect again.')
  } catch (error) {
    return error instanceof Fault && error.code === 'UNAUTHENTICATED' ? error : undefined
  }
}

const authority = ({ userId, adminRole, partners, incomplete }: Identity) =>
  JSON.stringify([userId, adminRole, partners, incomplete])
