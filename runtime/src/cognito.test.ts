import { createHmac } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { accessTokenVerifier, idTokenVerifier, readCognitoConfig, TokenRejected } from './cognito.ts'
import { startTestPool, type TestPool } from './testing/cognito.ts'

let pool: TestPool

beforeAll(async () => {
  pool = await startTestPool()
})

afterAll(() => pool.stop())

const HOUR = 3_600
const nowSeconds = () => Math.floor(Date.now() / 1000)
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('an id token', () => {
  const verify = (token: string) => idTokenVerifier(pool.config)(token)

  it.each<[string, Record<string, unknown>]>([
    ['that has expired', { exp: nowSeconds() - 60 }],
    ['that is not valid yet', { nbf: nowSeconds() + HOUR }],
    ['of another pool', { iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Another1' }],
    ['of another issuer', { iss: 'https://evil.example.com/eu-west-1_TestPool1' }],
    ['of another app client', { aud: 'somebodyelse' }],
    ['that is an access token', { token_use: 'access', client_id: '1testclientofthepool' }],
    ['without an expiry', { exp: undefined }],
    ['without the instant it was issued', { iat: undefined }],
    ['without a subject', { sub: undefined }],
    ['without an e-mail address', { email: undefined }],
    ['with a broken e-mail address', { email: "x'; drop table users; --" }],
  ])('%s is rejected', async (_, claims) => {
    await expect(verify(await pool.idToken(claims))).rejects.toBeInstanceOf(TokenRejected)
  })

  it('whose payload was changed is rejected', async () => {
    const [header, payload, signature] = (await pool.idToken()).split('.')
    const claims: unknown = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())
    const forged = part({ ...(claims as object), sub: 'somebody else' })
    await expect(verify(`${header}.${forged}.${signature}`)).rejects.toBeInstanceOf(TokenRejected)
  })

  it('without a signature, or signed with the public key as a secret, is rejected', async () => {
    const [header, payload] = (await pool.idToken()).split('.')
    const { kid } = JSON.parse(Buffer.from(header ?? '', 'base64url').toString()) as { kid: string }
    await expect(verify(`${part({ alg: 'none', kid })}.${payload}.AA`)).rejects.toBeInstanceOf(TokenRejected)

    const jwks = await (await fetch(`${pool.config.jwksOrigin}/${pool.config.userPoolId}/.well-known/jwks.json`)).text()
    const input = `${part({ alg: 'HS256', kid })}.${payload}`
    const mac = createHmac('sha256', jwks).update(input).digest('base64url')
    await expect(verify(`${input}.${mac}`)).rejects.toBeInstanceOf(TokenRejected)
  })

  it('signed by a key that the pool does not have is rejected, even when it brings that key along', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    const token = await new SignJWT({ iss: `https://cognito-idp.eu-west-1.amazonaws.com/${pool.config.userPoolId}` })
      .setProtectedHeader({ alg: 'RS256', kid: 'mine', jwk })
      .sign(privateKey)
    await expect(verify(token)).rejects.toBeInstanceOf(TokenRejected)
  })

  it.each(['', 'x', 'a.b.c', 'null', '{}', `${'a'.repeat(20_000)}.b.c`, "';drop table users;--", 'a\0b.c.d'])(
    'that is no token at all is rejected (%#)',
    async (token) => {
      await expect(verify(token)).rejects.toBeInstanceOf(TokenRejected)
    },
  )

  it('is nobody’s fault but ours when the keys cannot be had', async () => {
    const stopped = await startTestPool()
    const token = await stopped.idToken()
    await stopped.stop()
    await expect(idTokenVerifier(stopped.config)(token)).rejects.toMatchObject({ name: 'Fault', code: 'UNAVAILABLE' })
  })

  it('of ours says who the person is', async () => {
    const names = { given_name: 'Ada', family_name: 'Lovelace' }
    const token = await pool.idToken({
      sub: 's',
      email_verified: false,
      ...names,
      auth_time: 1_700_000_000,
      iat: 1_700_000_100,
    })
    expect(await verify(token)).toEqual({
      subject: 's',
      email: 'ada@example.com',
      isEmailVerified: false,
      firstName: 'Ada',
      lastName: 'Lovelace',
      phone: null,
      identityProvider: 'Cognito',
      signedInAtSeconds: 1_700_000_000,
      issuedAtSeconds: 1_700_000_100,
    })
  })

  it('of a federated person names the provider', async () => {
    const token = await pool.idToken({ email_verified: 'true', identities: [{ providerName: 'Google', userId: '1' }] })
    expect(await verify(token)).toMatchObject({ identityProvider: 'Google', isEmailVerified: true })
  })
})

describe('an access token', () => {
  const verify = (token: string) => accessTokenVerifier(pool.config)(token)

  it('that is an id token is rejected', async () => {
    await expect(verify(await pool.idToken())).rejects.toBeInstanceOf(TokenRejected)
  })

  it('of a person at another app client is rejected', async () => {
    await expect(verify(await pool.accessToken({ client_id: 'somebodyelse' }))).rejects.toBeInstanceOf(TokenRejected)
  })

  it('of a person says groups and expiry', async () => {
    const exp = nowSeconds() + 5 * 60
    const token = await pool.accessToken({
      sub: 's',
      'cognito:groups': ['user', 'partner'],
      origin_jti: 'sign-in',
      auth_time: 1_700_000_000,
      exp,
    })
    expect(await verify(token)).toEqual({
      kind: 'user',
      subject: 's',
      clientId: '1testclientofthepool',
      groups: ['user', 'partner'],
      scopes: ['aws.cognito.signin.user.admin'],
      signInId: 'sign-in',
      signedInAtSeconds: 1_700_000_000,
      expiresAtSeconds: exp,
    })
  })

  it('of a partner’s machine may be of any app client of the pool', async () => {
    const token = await pool.accessToken({
      sub: '5partnersclient',
      client_id: '5partnersclient',
      username: undefined,
      scope: 'tikitu/events.read tikitu/checkin.write',
    })
    expect(await verify(token)).toMatchObject({
      kind: 'machine',
      subject: '5partnersclient',
      signInId: null,
      groups: [],
      scopes: ['tikitu/events.read', 'tikitu/checkin.write'],
    })
  })

  it('that is longer than any of Cognito’s is rejected, although the pool has signed it', async () => {
    await expect(verify(await pool.accessToken({ padding: 'x'.repeat(8_000) }))).rejects.toBeInstanceOf(TokenRejected)
  })

  it('with a key that does not exist makes us fetch the keys once a second at most, and a new key waits no longer', async () => {
    const own = await startTestPool()
    try {
      const verifyOwn = accessTokenVerifier(own.config)
      await verifyOwn(await own.accessToken())
      const { privateKey } = await generateKeyPair('RS256')
      const begun = performance.now()
      for (let i = 0; i < 50; i += 1) {
        const claims = { iss: `https://cognito-idp.eu-west-1.amazonaws.com/${own.config.userPoolId}` }
        const token = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: `no-${i}` }).sign(privateKey)
        await expect(verifyOwn(token)).rejects.toBeInstanceOf(TokenRejected)
      }
      expect(own.fetches()).toBeLessThanOrEqual(2 + (performance.now() - begun) / 1_000)
      await own.rotate()
      const token = await own.accessToken()
      await vi.waitFor(() => verifyOwn(token), { timeout: 20_000, interval: 50 })
    } finally {
      await own.stop()
    }
  })

  it('is still good after the pool has changed its key, and the keys are fetched once for all of its tokens', async () => {
    const own = await startTestPool()
    try {
      const verifyOwn = accessTokenVerifier(own.config)
      await Promise.all([1, 2, 3].map(async () => verifyOwn(await own.accessToken())))
      expect(own.fetches()).toBe(1)
      await own.rotate()
      await verifyOwn(await own.accessToken())
      expect(own.fetches()).toBe(2)
    } finally {
      await own.stop()
    }
  })
})

describe('the configuration', () => {
  const good = { COGNITO_USER_POOL_ID: 'eu-west-1_a1B2c3D4e', COGNITO_CLIENT_IDS: 'one, two' }

  it.each<[string, Record<string, string | undefined>]>([
    ['COGNITO_USER_POOL_ID', { COGNITO_USER_POOL_ID: undefined }],
    ['COGNITO_USER_POOL_ID', { COGNITO_USER_POOL_ID: 'nonsense' }],
    ['COGNITO_CLIENT_IDS', { COGNITO_CLIENT_IDS: '' }],
    ['COGNITO_CLIENT_IDS', { COGNITO_CLIENT_IDS: 'one,,two' }],
    ['COGNITO_JWKS_ORIGIN', { COGNITO_JWKS_ORIGIN: 'http://192.0.2.7:3011' }],
    ['COGNITO_JWKS_ORIGIN', { COGNITO_JWKS_ORIGIN: 'http://127.0.0.1.example.com' }],
    ['COGNITO_JWKS_ORIGIN', { COGNITO_JWKS_ORIGIN: 'http://127.0.0.1:3011/path' }],
    ['COGNITO_JWKS_ORIGIN', { COGNITO_JWKS_ORIGIN: 'http://127.0.0.1:3011', NODE_ENV: 'production' }],
  ])('names %s when it is %j', (variable, change) => {
    expect(() => readCognitoConfig({ ...good, ...change })).toThrow(expect.objectContaining({ variables: [variable] }))
  })

  it('is read', () => {
    expect(readCognitoConfig({ ...good, NODE_ENV: 'production' })).toEqual({
      userPoolId: 'eu-west-1_a1B2c3D4e',
      clientIds: ['one', 'two'],
      jwksOrigin: null,
    })
    expect(readCognitoConfig({ ...good, COGNITO_JWKS_ORIGIN: 'http://localhost:3011' }).jwksOrigin).toBe(
      'http://localhost:3011',
    )
  })
})
