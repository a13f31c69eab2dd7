import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose'
import type { CognitoConfig } from '../cognito.ts'

/** A user pool for tests: makes tokens as Cognito does and serves its keys on this machine. */
export interface TestPool {
  /** What a gateway or service that believes this pool is configured with. */
  readonly config: CognitoConfig
  /** The same as environment variables. */
  readonly env: Readonly<Record<string, string>>
  /** An id token of the pool's app client, valid for an hour; `claims` replace or, when undefined, remove. */
  idToken(claims?: JWTPayload): Promise<string>
  /** An access token of a person, likewise. */
  accessToken(claims?: JWTPayload): Promise<string>
  /** Signs with a new key from now on; the old one is no longer served. */
  rotate(): Promise<void>
  /** How often somebody fetched the keys. */
  fetches(): number
  stop(): Promise<void>
}

const USER_POOL_ID = 'eu-west-1_TestPool1'
const CLIENT_ID = '1testclientofthepool'

/** Starts a pool on a free port of this machine. */
export async function startTestPool(): Promise<TestPool> {
  let key = await newKey()
  let fetches = 0
  const server = createServer((request, response) => {
    fetches += 1
    if (request.url !== `/${USER_POOL_ID}/.well-known/jwks.json`) return response.writeHead(404).end()
    return response.end(JSON.stringify({ keys: [key.public] }))
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  const jwksOrigin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const sign = (claims: JWTPayload) =>
    new SignJWT({
      iss: `https://cognito-idp.eu-west-1.amazonaws.com/${USER_POOL_ID}`,
      iat: nowSeconds(),
      auth_time: nowSeconds(),
      exp: nowSeconds() + 3_600,
      jti: crypto.randomUUID(),
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: key.kid })
      .sign(key.private)
  const sub = crypto.randomUUID()

  return {
    config: { userPoolId: USER_POOL_ID, clientIds: [CLIENT_ID], jwksOrigin },
    env: { COGNITO_USER_POOL_ID: USER_POOL_ID, COGNITO_CLIENT_IDS: CLIENT_ID, COGNITO_JWKS_ORIGIN: jwksOrigin },
    idToken: (claims) =>
      sign({
        token_use: 'id',
        aud: CLIENT_ID,
        sub,
        'cognito:username': sub,
        email: 'ada@example.com',
        email_verified: true,
        ...claims,
      }),
    accessToken: (claims) =>
      sign({
        token_use: 'access',
        client_id: CLIENT_ID,
        sub,
        username: sub,
        scope: 'aws.cognito.signin.user.admin',
        ...claims,
      }),
    rotate: async () => {
      key = await newKey()
    },
    fetches: () => fetches,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        server.closeAllConnections()
      }),
  }
}

const nowSeconds = () => Math.floor(Date.now() / 1000)

async function newKey(): Promise<{ kid: string; private: CryptoKey; public: JWK }> {
  const kid = crypto.randomUUID()
  const pair = await generateKeyPair('RS256', { extractable: true })
  return {
    kid,
    private: pair.privateKey,
    public: { ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' },
  }
}
