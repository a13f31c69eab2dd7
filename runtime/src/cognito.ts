import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { FetchError, JwksValidationError, JwtBaseError } from 'aws-jwt-verify/error'
import type { Fetcher } from 'aws-jwt-verify/https'
import { SimpleJwksCache, SimplePenaltyBox } from 'aws-jwt-verify/jwk'
import { z } from 'zod'
import { commonVariables, ConfigurationError, readVariables } from './config.ts'
import { Fault } from './fault.ts'
import { timeoutSignal } from './timeout.ts'

/** Whose tokens we believe. */
export interface CognitoConfig {
  /** The user pool; its region and addresses follow from it. */
  readonly userPoolId: string
  /** The app clients through which people sign in. */
  readonly clientIds: readonly string[]
  /** Development only: where the pool's public keys are instead of at AWS, `http://127.0.0.1:3011`. */
  readonly jwksOrigin: string | null
}

/** What a verified access token says. */
export interface AccessClaims {
  /** `user` when a person signed in, `machine` when an app client asked on its own behalf (client credentials). */
  readonly kind: 'user' | 'machine'
  /** The person's subject; for a machine the app client. */
  readonly subject: string
  /** The app client that the token was issued to. */
  readonly clientId: string
  /** Cognito groups; none for machines. */
  readonly groups: readonly string[]
  /** OAuth scopes. */
  readonly scopes: readonly string[]
  /** `origin_jti`: the sign-in that the token is from, the same after each refresh. Null for machines, and when the app client has token revocation off. */
  readonly signInId: string | null
  /** When the person signed in, in seconds since 1970; a refreshed token keeps it. */
  readonly signedInAtSeconds: number
  /** When the token ends, in seconds since 1970. */
  readonly expiresAtSeconds: number
}

/** What a verified id token says about the person. */
export interface IdClaims {
  /** The person's subject: the same as in their access token. */
  readonly subject: string
  /** As Cognito knows it. */
  readonly email: string
  /** Whether Cognito has verified it. */
  readonly isEmailVerified: boolean
  /** `given_name`, if the pool has it. */
  readonly firstName: string | null
  /** `family_name`, if the pool has it. */
  readonly lastName: string | null
  /** `phone_number`, if the pool has it. */
  readonly phone: string | null
  /** Who vouched for the person: `Cognito`, or the name of a federated provider such as `Google`. */
  readonly identityProvider: string
  /** When the person signed in, in seconds since 1970; a refreshed token keeps it. */
  readonly signedInAtSeconds: number
  /** When Cognito said all this, in seconds since 1970. */
  readonly issuedAtSeconds: number
}

/**
 * Reads a token. One that is not ours, tampered with, expired or of the wrong kind throws `TokenRejected`; when the
 * pool's keys cannot be had, nobody knows, and that is the fault UNAVAILABLE.
 */
export type TokenVerifier<Claims> = (token: string) => Promise<Claims>

/** A token that we do not believe. The message is for the log; the client learns only that it was rejected. */
export class TokenRejected extends Error {
  constructor(reason: string, options?: { cause: unknown }) {
    super(reason, options)
    this.name = 'TokenRejected'
  }
}

const variables = {
  NODE_ENV: commonVariables.NODE_ENV,
  /** For example `eu-west-1_a1B2c3D4e`. */
  COGNITO_USER_POOL_ID: z
    .string({ error: 'expected a Cognito user pool id such as eu-west-1_a1B2c3D4e' })
    .regex(/^(eusc-[a-z]{2}|[a-z]{2})-(gov-)?[a-z]+-\d_[a-zA-Z0-9]+$/, {
      error: 'expected a Cognito user pool id such as eu-west-1_a1B2c3D4e',
    }),
  /** App clients, separated by commas. */
  COGNITO_CLIENT_IDS: z
    .string({ error: 'expected Cognito app client ids separated by commas' })
    .transform((list) => list.split(',').map((clientId) => clientId.trim()))
    .refine((clientIds) => clientIds.every((clientId) => /^[\w+]{1,128}$/.test(clientId)), {
      error: 'expected Cognito app client ids separated by commas',
    }),
  /** The development issuer. */
  COGNITO_JWKS_ORIGIN: z
    .string()
    .refine(isLoopbackOrigin, { error: 'expected an origin on this machine such as http://127.0.0.1:3011' })
    .optional(),
}

/**
 * Reads COGNITO_USER_POOL_ID and COGNITO_CLIENT_IDS, and COGNITO_JWKS_ORIGIN, which is refused in production:
 * whoever answers there decides who everybody is.
 */
export function readCognitoConfig(env: NodeJS.ProcessEnv): CognitoConfig {
  const read = readVariables(variables, env)
  if (read.COGNITO_JWKS_ORIGIN !== undefined && read.NODE_ENV === 'production') {
    throw new ConfigurationError([
      { variable: 'COGNITO_JWKS_ORIGIN', expected: 'must not be set when NODE_ENV is production' },
    ])
  }
  return {
    userPoolId: read.COGNITO_USER_POOL_ID,
    clientIds: read.COGNITO_CLIENT_IDS,
    jwksOrigin: read.COGNITO_JWKS_ORIGIN ?? null,
  }
}

function isLoopbackOrigin(text: string): boolean {
  const url = URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false
  return text === url.origin && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
}

/**
 * Verifies access tokens. A person's token must be of one of the configured app clients. A machine's may be of any
 * client of the pool, because partners get theirs while we run: what it may do is for the service that knows the client.
 */
export function accessTokenVerifier(config: CognitoConfig): TokenVerifier<AccessClaims> {
  const verifier = CognitoJwtVerifier.create(
    { userPoolId: config.userPoolId, tokenUse: 'access', clientId: null },
    { jwksCache: jwksCache(config) },
  )
  return async (token) => {
    const claims = readClaims(accessShape, await verified(token, () => verifier.verify(token)))
    const kind = claims.username === undefined && claims.sub === claims.client_id ? 'machine' : 'user'
    if (kind === 'user' && !config.clientIds.includes(claims.client_id)) {
      throw new TokenRejected('the token is of an app client that we do not know')
    }
    return {
      kind,
      subject: claims.sub,
      clientId: claims.client_id,
      groups: claims['cognito:groups'],
      scopes: claims.scope.split(' ').filter(Boolean),
      signInId: claims.origin_jti ?? null,
      signedInAtSeconds: claims.auth_time ?? claims.iat,
      expiresAtSeconds: claims.exp,
    }
  }
}

const accessShape = z.object({
  sub: z.string().min(1),
  client_id: z.string().min(1),
  username: z.string().optional(),
  'cognito:groups': z.array(z.string()).default([]),
  scope: z.string().default(''),
  origin_jti: z.string().min(1).max(128).optional(),
  auth_time: z.int().optional(),
  iat: z.int(),
  exp: z.int(),
})

/** Verifies id tokens of the configured app clients. One without an e-mail address is rejected: we could not write to them. */
export function idTokenVerifier(config: CognitoConfig): TokenVerifier<IdClaims> {
  const verifier = CognitoJwtVerifier.create(
    { userPoolId: config.userPoolId, tokenUse: 'id', clientId: [...config.clientIds] },
    { jwksCache: jwksCache(config) },
  )
  return async (token) => {
    const claims = readClaims(idShape, await verified(token, () => verifier.verify(token)))
    return {
      subject: claims.sub,
      email: claims.email,
      isEmailVerified: claims.email_verified === true || claims.email_verified === 'true',
      firstName: claims.given_name ?? null,
      lastName: claims.family_name ?? null,
      phone: claims.phone_number ?? null,
      identityProvider: claims.identities?.[0]?.providerName ?? 'Cognito',
      signedInAtSeconds: claims.auth_time ?? claims.iat,
      issuedAtSeconds: claims.iat,
    }
  }
}

const idShape = z.object({
  sub: z.string().min(1),
  email: z.email().max(254),
  /** A string when it was mapped from a federated provider. */
  email_verified: z.union([z.boolean(), z.string()]).optional(),
  given_name: z.string().optional(),
  family_name: z.string().optional(),
  phone_number: z.string().optional(),
  identities: z.array(z.object({ providerName: z.string() })).optional(),
  auth_time: z.int().optional(),
  iat: z.int(),
  exp: z.int(),
})

/** Longer than any token that Cognito makes for us, in characters, and shorter than what Node.js takes for a header. */
const TOKEN_MAX = 8_192

/** What the library's verification came to, in our words. */
async function verified<Payload>(token: string, verify: () => Promise<Payload>): Promise<Payload> {
  if (token.length > TOKEN_MAX) throw new TokenRejected('the token is too long')
  try {
    return await verify()
  } catch (error) {
    if (error instanceof FetchError || error instanceof JwksValidationError) {
      throw new Fault('UNAVAILABLE', 'Tokens cannot be checked right now. Please try again.', { cause: error })
    }
    if (error instanceof JwtBaseError) throw new TokenRejected(error.message, { cause: error })
    throw error
  }
}

function readClaims<Shape extends z.ZodType>(shape: Shape, payload: unknown): z.infer<Shape> {
  const parsed = shape.safeParse(payload)
  if (parsed.success) return parsed.data
  throw new TokenRejected(`the token's claim ${String(parsed.error.issues[0]?.path[0])} is missing or malformed`)
}

/** How long nobody can make us fetch the keys again after they named one that does not exist, in seconds. A new key has to wait as long. */
const UNKNOWN_KEY_SECONDS = 1

/** The pool's public keys, kept until a token names one that is not among them. */
function jwksCache({ jwksOrigin }: CognitoConfig): SimpleJwksCache {
  const penaltyBox = new SimplePenaltyBox({ waitSeconds: UNKNOWN_KEY_SECONDS })
  return new SimpleJwksCache(jwksOrigin === null ? { penaltyBox } : { penaltyBox, fetcher: localKeys(jwksOrigin) })
}

/** How long the development issuer may take to answer, in milliseconds. */
const JWKS_MILLISECONDS = 3_000

/** Asks the development issuer for what the verifier would fetch from AWS: the same path on another origin. */
function localKeys(origin: string): Fetcher {
  return {
    fetch: async (uri) => {
      const url = new URL(new URL(uri).pathname, origin)
      try {
        const response = await fetch(url, { signal: timeoutSignal(JWKS_MILLISECONDS), redirect: 'error' })
        if (!response.ok) throw new Error(`status ${response.status}`)
        return await response.arrayBuffer()
      } catch (error) {
        throw new FetchError(url.href, error instanceof Error ? error.message : error)
      }
    },
  }
}
