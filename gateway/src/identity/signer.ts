import { IDENTITY_SECONDS, signIdentity, type Identity } from '@tikitu/runtime/identity'
import { LruMap } from '../lru.ts'

/**
 * Signs who is asking, for the services. The answer is the same text for all requests of one identity from one address
 * within some seconds, and of no other: whoever has it may share what is under way.
 */
export type SignIdentity = (identity: Identity) => string

/** Statements that are remembered. */
const STATEMENTS_MAX = 10_000

/** How long a statement is used again, in milliseconds: what is left of its time is enough for any request. */
const USED_MILLISECONDS = (IDENTITY_SECONDS / 3) * 1000

/** A signer that signs the same statement once in a while, because it costs as much as a tenth of a request. */
export function identitySigner(secret: string): SignIdentity {
  const signed = new LruMap<string, { readonly statement: string; readonly until: number }>(STATEMENTS_MAX)
  return (identity) => {
    const key = JSON.stringify({ ...identity, requestId: undefined })
    const known = signed.get(key)
    const now = performance.now()
    if (known && known.until > now) return known.statement
    const statement = signIdentity(identity, secret)
    signed.set(key, { statement, until: now + USED_MILLISECONDS })
    return statement
  }
}
