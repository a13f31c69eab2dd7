import { createHmac, createPublicKey } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { ids } from './world.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.close())
beforeEach(() => gateway.subgraphs.forget())

const nowSeconds = () => Math.floor(Date.now() / 1000)
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const issuer = (pool: string) => `https://cognito-idp.eu-west-1.amazonaws.com/${pool}`

/** Anybody may browse events, so an answer with events would mean that the token had been ignored. */
const PUBLIC_QUERY = '{ events(first: 1) { edges { node { title } } } }'

async function expectRefused(token: string) {
  const answer = await gateway.graph(PUBLIC_QUERY, { token })
  expect(answer.status).toBe(401)
  expect(answer.data).toBeUndefined()
  // Alike, so that nobody learns from the answer how far a token of theirs has got.
  expect(answer.errors).toEqual([
    {
      message: 'The access token is not valid. Sign in again.',
      extensions: { code: 'UNAUTHENTICATED', requestId: expect.any(String) },
    },
  ])
  expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  expect(gateway.subgraphs.calls).toEqual([])
}

describe('a token', () => {
  it.each<[string, Record<string, unknown>]>([
    ['that has expired', { exp: nowSeconds() - 10 }],
    ['that is not valid yet', { nbf: nowSeconds() + 600 }],
    ['of another pool', { iss: issuer('eu-west-1_Another1') }],
    ['of an issuer that is not Cognito', { iss: 'https://evil.example.com/eu-west-1_TestPool1' }],
    ['of another app client', { client_id: 'anotherclient' }],
    ['that says it is an id token', { token_use: 'id' }],
    ['without a subject', { sub: undefined }],
    ['without an expiry', { exp: undefined }],
    ['longer than any of Cognito’s', { padding: 'x'.repeat(8_000) }],
    ['of a sign-in without a name', { origin_jti: '' }],
  ])('%s is refused, and not taken for no token', async (_, claims) => {
    await expectRefused(await gateway.pool.accessToken(claims))
  })

  it('that is a real id token is refused', async () => {
    await expectRefused(await gateway.pool.idToken())
  })

  it('whose payload was changed is refused', async () => {
    const [header, , signature] = (await gateway.pool.accessToken()).split('.')
    const payload = part({ ...claimsOf(await gateway.pool.accessToken()), 'cognito:groups': ['admin'] })
    await expectRefused(`${header}.${payload}.${signature}`)
  })

  it('whose signature was changed is refused', async () => {
    const token = await gateway.pool.accessToken()
    await expectRefused(`${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`)
  })

  it.each(['none', 'None', 'NONE'])('without a signature (alg %s) is refused', async (alg) => {
    const [header, payload] = (await gateway.pool.accessToken()).split('.')
    await expectRefused(`${part({ ...headerOf(header), alg })}.${payload}.`)
    await expectRefused(`${part({ ...headerOf(header), alg })}.${payload}.AA`)
  })

  it('signed with the public key as if it were a secret is refused', async () => {
    const [header, payload] = (await gateway.pool.accessToken()).split('.')
    const url = `${gateway.pool.config.jwksOrigin}/${gateway.pool.config.userPoolId}/.well-known/jwks.json`
    const { keys } = (await (await fetch(url)).json()) as { keys: [JWK] }
    const pem = createPublicKey({ key: { ...keys[0] }, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    const signed = `${part({ ...headerOf(header), alg: 'HS256' })}.${payload}`
    await expectRefused(`${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`)
  })

  it('signed by a key of somebody else is refused, with a kid of ours or another, and even when it brings the key', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const [header, payload] = (await gateway.pool.accessToken()).split('.')
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as Record<string, unknown>
    for (const extra of [{}, { kid: 'unknown' }, { jwk: await exportJWK(publicKey) }]) {
      const protectedHeader = { ...headerOf(header), alg: 'RS256', ...extra }
      await expectRefused(await new SignJWT(claims).setProtectedHeader(protectedHeader).sign(privateKey))
    }
  })

  it.each(['x', 'a.b.c', 'null', '{}', "';drop-table-users;--", 'a'.repeat(15_000)])(
    'that is none is refused (%#)',
    expectRefused,
  )
})

const headerOf = (header: string | undefined) =>
  JSON.parse(Buffer.from(header ?? '', 'base64url').toString()) as Record<string, unknown>
const claimsOf = (token: string) => headerOf(token.split('.')[1])

describe('the header Authorization', () => {
  it.each(['', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Token abc', 'Bearer a b'])(
    '%j is refused',
    async (authorization) => {
      const answer = await gateway.graph(PUBLIC_QUERY, { headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(answer.errors?.[0]?.message).toBe('The header Authorization must be: Bearer <access token>.')
    },
  )

  it('may write bearer as it likes', async () => {
    const token = await gateway.pool.accessToken({ sub: 'sub-ada' })
    const answer = await gateway.graph('{ me { firstName } }', { headers: { authorization: `bearer  ${token}` } })
    expect(answer.data).toEqual({ me: { firstName: 'Ada' } })
  })
})

describe('a good token', () => {
  it('makes its holder known to the subgraphs', async () => {
    const token = await gateway.pool.accessToken({ sub: 'sub-ada', 'cognito:groups': ['user'] })
    const answer = await gateway.graph('{ me { id } }', { token })
    expect(answer.data).toEqual({ me: { id: ids.user(1) } })
    expect(gateway.subgraphs.calls.at(-1)?.identity).toMatchObject({
      kind: 'user',
      subject: 'sub-ada',
      userId: ids.user(1),
      groups: ['user'],
      clientId: gateway.pool.config.clientIds[0],
      requestId: answer.headers.get('x-request-id'),
      ip: '127.0.0.1',
    })
  })

  it('is believed at once when the pool has a new key, and so is one of the old key that was believed before', async () => {
    const old = await gateway.pool.accessToken({ sub: 'sub-ada' })
    expect((await gateway.graph('{ me { id } }', { token: old })).status).toBe(200)
    await gateway.pool.rotate()
    // Some other test may just have named a key that does not exist.
    const token = await gateway.pool.accessToken({ sub: 'sub-ada' })
    await vi.waitFor(async () => expect((await gateway.graph('{ me { id } }', { token })).status).toBe(200), {
      timeout: 20_000,
      interval: 50,
    })
    expect((await gateway.graph('{ me { id } }', { token: old })).status).toBe(200)
  })

  it('is refused from the second it expires, although it was verified before', async () => {
    const expiresAt = nowSeconds() + 5
    const token = await gateway.pool.accessToken({ sub: 'sub-ada', exp: expiresAt })
    expect((await gateway.graph('{ me { id } }', { token })).status).toBe(200)
    await expect.poll(async () => (await gateway.graph('{ me { id } }', { token })).status, { interval: 100 }).toBe(401)
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(expiresAt)
  })

  it('is answered UNAVAILABLE, not refused, while the keys cannot be had', async () => {
    const jwksOrigin = 'http://127.0.0.1:1'
    const cut = await gateway.startAnother({ ...gateway.config, cognito: { ...gateway.config.cognito, jwksOrigin } })
    const answer = await cut.graph(PUBLIC_QUERY, { token: await gateway.pool.accessToken() })
    expect(answer.status).toBe(503)
    expect(answer.errors?.[0]?.extensions?.['code']).toBe('UNAVAILABLE')
    expect(JSON.stringify(answer.errors)).not.toContain('127.0.0.1')
    expect((await cut.graph(PUBLIC_QUERY)).status).toBe(200)
  })
})
