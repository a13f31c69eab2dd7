import { randomBytes } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'
import { z } from 'zod'
import { readFileIfPresent, writeFileAtomically } from '../files.ts'

/** The key in use and the one before it: a token outlives its key by less than two rotations. */
const KEYS_MAX = 2

const shape = z.object({
  /** RSA private keys, the one in use first. */
  signing: z.array(z.record(z.string(), z.unknown())).min(1),
  /** 256 bits that refresh tokens are encrypted with. */
  refresh: z.string(),
})

/** The pool's keys. They are kept, so that a token survives a restart. */
export interface Keys {
  /** The private key that tokens are signed with now, and its id. */
  signing(): { kid: string; key: CryptoKey | Uint8Array }
  /** The key that refresh tokens are encrypted with. */
  refresh: Uint8Array
  /** What verifiers download: the public halves of the key in use and of the one before. */
  jwks(): { keys: JWK[] }
  /** Signs with a new key from now on; what the last one signed stays valid. */
  rotate(): Promise<void>
}

/** Reads the keys from `file`, or makes them. */
export async function openKeys(file: string): Promise<Keys> {
  const stored = readFileIfPresent(file)
  const kept = stored === undefined ? undefined : shape.parse(JSON.parse(stored))
  const refresh = kept ? Buffer.from(kept.refresh, 'base64url') : randomBytes(32)
  let pairs = await Promise.all((kept?.signing ?? []).map((jwk) => readPair(jwk)))

  const rotate = async () => {
    pairs = [await newPair(), ...pairs].slice(0, KEYS_MAX)
    const signing = pairs.map((pair) => pair.private)
    await writeFileAtomically(file, JSON.stringify({ signing, refresh: refresh.toString('base64url') }, null, 1))
  }
  if (pairs.length === 0) await rotate()
  return {
    signing() {
      const [current] = pairs
      if (!current) throw new Error('The pool has no signing key.')
      return current
    },
    refresh,
    jwks: () => ({ keys: pairs.map((pair) => pair.public) }),
    rotate,
  }
}

async function newPair() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return readPair(await exportJWK(privateKey))
}

async function readPair(jwk: JWK) {
  const { kty, n, e } = jwk
  const kid = await calculateJwkThumbprint({ kty, n, e } as JWK)
  return {
    kid,
    key: await importJWK(jwk, 'RS256'),
    private: jwk,
    public: { alg: 'RS256', e, kid, kty, n, use: 'sig' } as JWK,
  }
}
