import { hash } from 'node:crypto'
import type { AccessClaims, TokenVerifier } from '@tikitu/runtime/cognito'
import { LruMap } from '../lru.ts'

/** Verified tokens that are remembered. */
const TOKENS_MAX = 10_000

/**
 * Remembers what a token says until it expires, by its SHA-256, so that no token lies in memory. Only tokens that were
 * verified are remembered.
 */
export function rememberTokens(
  verify: TokenVerifier<AccessClaims>,
  { tokensMax = TOKENS_MAX, nowSeconds = () => Date.now() / 1000 } = {},
): TokenVerifier<AccessClaims> {
  const verified = new LruMap<string, AccessClaims>(tokensMax)
  return async (token) => {
    const key = hash('sha256', token, 'base64')
    const known = verified.get(key)
    if (known && known.expiresAtSeconds > nowSeconds()) return known
    verified.delete(key)
    const claims = await verify(token)
    verified.set(key, claims)
    return claims
  }
}
