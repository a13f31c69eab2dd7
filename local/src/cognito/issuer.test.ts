import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  DEMO_CLIENT_IDS,
  DEMO_PASSWORD,
  DEMO_POOL_ID,
  demoAccounts,
  demoMachine,
  WEB_CLIENT_ID,
} from './demo-accounts.ts'
import { ADMIN_SECRET_HEADER, startIssuer, type Issuer, type IssuerOptions } from './issuer.ts'

const adminSecret = 'a secret of at least thirty-two characters'
let dataDir: string
let issuer: Issuer
let now: Date

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tikitu-issuer-test-'))
  now = new Date()
  issuer = await start()
})
afterEach(async () => {
  await issuer.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const start = (options: Partial<IssuerOptions> = {}) =>
  startIssuer({ dataDir, port: 0, adminSecret, nodeEnv: 'test', now: () => now, ...options })

/** The verifier of production; only where it fetches the keys is ours, and that through the door the library has for it. */
function verifier() {
  const fetcher = {
    fetch: async (uri: string) => (await fetch(issuer.origin + new URL(uri).pathname)).arrayBuffer(),
  }
  return CognitoJwtVerifier.create(
    { userPoolId: DEMO_POOL_ID, clientId: [...DEMO_CLIENT_IDS], tokenUse: null },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  )
}

/** What the operations answer, taken together; a test asserts which of it is there. */
interface Answer {
  __type: string
  AuthenticationResult: { AccessToken: string; IdToken: string; RefreshToken: string }
  ChallengeName: string
  UserSub: string
  User: { Username: string }
  UserAttributes: object[]
  Groups: { GroupName: string }[]
}

async function call(operation: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(issuer.origin, {
    method: 'POST',
    headers: { 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer }
}

const administer = (operation: string, body: object) =>
  call(operation, { UserPoolId: DEMO_POOL_ID, ...body }, { [ADMIN_SECRET_HEADER]: adminSecret })

const signIn = (username: string, password = DEMO_PASSWORD, clientId = WEB_CLIENT_ID) =>
  call('InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: username, PASSWORD: password },
    ClientId: clientId,
  })

async function tokensOf(username: string): Promise<Answer['AuthenticationResult']> {
  return (await signIn(username)).body.AuthenticationResult
}

async function clientToken(form: Record<string, string>, authorization?: string) {
  const response = await fetch(`${issuer.origin}/oauth2/token`, {
    method: 'POST',
    headers: authorization ? { authorization } : {},
    body: new URLSearchParams(form),
  })
  return { status: response.status, body: (await response.json()) as { access_token: string } }
}

describe('signing in', () => {
  it("gives tokens that Cognito's own verifier accepts, with Cognito's claims", async () => {
    const { status, body } = await signIn('Promoter@Example.com')
    expect(status).toBe(200)
    expect(body.AuthenticationResult).toMatchObject({ ExpiresIn: 3600, TokenType: 'Bearer' })

    const access = await verifier().verify(body.AuthenticationResult.AccessToken)
    const shared = {
      iss: `https://cognito-idp.eu-central-1.amazonaws.com/${DEMO_POOL_ID}`,
      sub: demoAccounts.promoter.sub,
      'cognito:groups': ['partner'],
      auth_time: Math.floor(now.getTime() / 1000),
      exp: Math.floor(now.getTime() / 1000) + 3600,
      event_id: expect.any(String),
      origin_jti: expect.any(String),
      jti: expect.any(String),
    }
    expect(access).toMatchObject({
      ...shared,
      token_use: 'access',
      client_id: WEB_CLIENT_ID,
      username: demoAccounts.promoter.sub,
      scope: 'aws.cognito.signin.user.admin',
    })
    expect(access).not.toHaveProperty('email')

    const id = await verifier().verify(body.AuthenticationResult.IdToken)
    expect(id).toMatchObject({
      ...shared,
      token_use: 'id',
      aud: WEB_CLIENT_ID,
      'cognito:username': demoAccounts.promoter.sub,
      email: 'promoter@example.com',
      email_verified: true,
      given_name: 'Paula',
      family_name: 'Promoter',
      origin_jti: access.origin_jti,
    })
  })

  it('answers a wrong password and an unknown address alike', async () => {
    for (const [username, password] of [
      ['buyer@example.com', 'wrong-password'],
      ['nobody@example.com', DEMO_PASSWORD],
    ]) {
      const { status, headers, body } = await signIn(username!, password)
      expect(status).toBe(400)
      expect(body).toEqual({ __type: 'NotAuthorizedException', message: 'Incorrect username or password.' })
      expect(headers.get('x-amzn-errortype')).toBe('NotAuthorizedException:')
    }
  })

  it.each([
    ['an unknown client', () => signIn('buyer@example.com', DEMO_PASSWORD, 'unknown'), 'ResourceNotFoundException'],
    [
      'a client for programs',
      () => signIn('buyer@example.com', DEMO_PASSWORD, demoMachine.clientId),
      'InvalidParameterException',
    ],
    [
      'a missing password',
      () =>
        call('InitiateAuth', {
          AuthFlow: 'USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: 'x' },
          ClientId: WEB_CLIENT_ID,
        }),
      'InvalidParameterException',
    ],
    [
      'a flow that is not offered',
      () => call('InitiateAuth', { AuthFlow: 'USER_SRP_AUTH', AuthParameters: {}, ClientId: WEB_CLIENT_ID }),
      'InvalidParameterException',
    ],
    ['a body that is not JSON', () => call('InitiateAuth', '{'), 'SerializationException'],
    ['an operation it does not have', () => call('DeleteUserPool', {}), 'UnknownOperationException'],
  ])('refuses %s by name', async (_, attempt, type) => {
    const { status, body } = await attempt()
    expect([status, body.__type]).toEqual([400, type])
  })
})

describe('refreshing', () => {
  const refresh = (token: string, clientId = WEB_CLIENT_ID) =>
    call('InitiateAuth', {
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: token },
      ClientId: clientId,
    })

  it('gives new tokens of the same sign-in, with the groups of today', async () => {
    const { RefreshToken, AccessToken } = await tokensOf('buyer@example.com')
    await administer('AdminAddUserToGroup', { Username: 'buyer@example.com', GroupName: 'partner' })
    now = new Date(now.getTime() + 2 * 3_600_000)

    const { AuthenticationResult } = (await refresh(RefreshToken)).body
    expect(AuthenticationResult).not.toHaveProperty('RefreshToken')
    const [before, after] = [decodeJwt(AccessToken), decodeJwt(AuthenticationResult.AccessToken)]
    expect(after).toMatchObject({ origin_jti: before['origin_jti'], auth_time: before['auth_time'] })
    expect(after['cognito:groups']).toEqual(['user', 'partner'])
    expect(after.exp).toBe(before.exp! + 2 * 3_600)
  })

  it('refuses a token that is expired, changed, or not a refresh token', async () => {
    const { RefreshToken, AccessToken } = await tokensOf('buyer@example.com')
    expect((await refresh(AccessToken)).body).toMatchObject({
      __type: 'NotAuthorizedException',
      message: 'Invalid Refresh Token',
    })
    expect((await refresh(`${RefreshToken.slice(0, -4)}AAAA`)).body).toMatchObject({ message: 'Invalid Refresh Token' })
    now = new Date(now.getTime() + 31 * 24 * 3_600_000)
    expect((await refresh(RefreshToken)).body).toMatchObject({ message: 'Refresh Token has expired' })
  })
})

describe('accounts', () => {
  const signUp = (username: string, password = 'correct horse') =>
    call('SignUp', {
      ClientId: WEB_CLIENT_ID,
      Username: username,
      Password: password,
      UserAttributes: [{ Name: 'given_name', Value: 'Nora' }],
    })

  it('lets a new person sign in after signing up, and after a restart', async () => {
    const { body } = await signUp('nora@example.com')
    expect(body).toMatchObject({ UserConfirmed: true, UserSub: expect.any(String) })
    await issuer.stop()
    issuer = await start()

    const { AuthenticationResult } = (await signIn('nora@example.com', 'correct horse')).body
    expect(await verifier().verify(AuthenticationResult.IdToken)).toMatchObject({
      sub: body.UserSub,
      email: 'nora@example.com',
      email_verified: true,
      given_name: 'Nora',
    })
    expect(decodeJwt(AuthenticationResult.AccessToken)).not.toHaveProperty('cognito:groups')
  })

  it('gives an address to one of many who want it at the same time, and keeps all who got one', async () => {
    const attempts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => signUp(index % 2 ? 'same@example.com' : `other${index}@example.com`)),
    )
    expect(attempts.filter(({ body }) => body.__type === 'UsernameExistsException')).toHaveLength(9)
    const stored = JSON.parse(readFileSync(join(dataDir, 'accounts.json'), 'utf8')) as unknown[]
    expect(stored).toHaveLength(4 + 11)
  })

  it('keeps neither passwords nor keys where others can read them', async () => {
    await signUp('nora@example.com', 'correct horse battery')
    for (const file of ['accounts.json', 'keys.json']) {
      expect(statSync(join(dataDir, file)).mode & 0o077).toBe(0)
      expect(readFileSync(join(dataDir, file), 'utf8')).not.toContain('correct horse battery')
    }
  })

  it.each([
    ['a short password', () => signUp('nora@example.com', 'short'), 'InvalidPasswordException'],
    ['an address that is none', () => signUp('nora'), 'InvalidParameterException'],
    ['an address in use', () => signUp('BUYER@example.com'), 'UsernameExistsException'],
  ])('refuses %s', async (_, attempt, type) => {
    expect((await attempt()).body.__type).toBe(type)
  })
})

describe('administration', () => {
  it('creates a person who has to be given a password before signing in', async () => {
    const { body } = await administer('AdminCreateUser', {
      Username: 'new@example.com',
      TemporaryPassword: 'temporary-1',
    })
    expect(body.User).toMatchObject({
      Username: expect.any(String),
      UserStatus: 'FORCE_CHANGE_PASSWORD',
      Enabled: true,
    })
    expect((await signIn('new@example.com', 'temporary-1')).body.ChallengeName).toBe('NEW_PASSWORD_REQUIRED')

    await administer('AdminSetUserPassword', { Username: 'new@example.com', Password: 'permanent-1', Permanent: true })
    const { AuthenticationResult } = (await signIn('new@example.com', 'permanent-1')).body
    expect(decodeJwt(AuthenticationResult.AccessToken).sub).toBe(body.User.Username)
  })

  it('puts people into groups and takes them out', async () => {
    const member = { Username: demoAccounts.buyer.sub, GroupName: 'partner' }
    expect((await administer('AdminAddUserToGroup', member)).body).toEqual({})
    await administer('AdminAddUserToGroup', member)
    const groups = async () =>
      (await administer('AdminListGroupsForUser', member)).body.Groups.map((group) => group.GroupName)
    expect(await groups()).toEqual(['user', 'partner'])
    await administer('AdminRemoveUserFromGroup', member)
    expect(await groups()).toEqual(['user'])
  })

  it('describes a person', async () => {
    const { body } = await administer('AdminGetUser', { Username: 'operator@example.com' })
    expect(body).toMatchObject({ Username: demoAccounts.operator.sub, UserStatus: 'CONFIRMED', Enabled: true })
    expect(body.UserAttributes).toContainEqual({ Name: 'email', Value: 'operator@example.com' })
  })

  it.each([
    ['a group it does not have', { Username: 'buyer@example.com', GroupName: 'gods' }, 'ResourceNotFoundException'],
    ['a person it does not know', { Username: 'nobody@example.com', GroupName: 'user' }, 'UserNotFoundException'],
    [
      'another pool',
      { UserPoolId: 'eu-west-1_Other', Username: 'buyer@example.com', GroupName: 'user' },
      'ResourceNotFoundException',
    ],
  ])('refuses %s', async (_, body, type) => {
    expect((await administer('AdminAddUserToGroup', body)).body.__type).toBe(type)
  })

  it('does nothing without the secret', async () => {
    const body = { UserPoolId: DEMO_POOL_ID, Username: 'buyer@example.com', GroupName: 'admin' }
    for (const headers of [{}, { [ADMIN_SECRET_HEADER]: 'guess' }]) {
      expect((await call('AdminAddUserToGroup', body, headers)).body.__type).toBe('UnrecognizedClientException')
    }
    expect((await fetch(`${issuer.origin}/rotate-keys`, { method: 'POST' })).status).toBe(403)
    expect(decodeJwt((await tokensOf('buyer@example.com')).AccessToken)['cognito:groups']).toEqual(['user'])
  })
})

describe('client credentials', () => {
  const form = { grant_type: 'client_credentials' }
  const { clientId: client_id, clientSecret: client_secret } = demoMachine
  const basic = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`

  it('gives a program the scopes it asks for, with the secret as Basic or in the form', async () => {
    const narrow = await clientToken({ ...form, scope: 'tikitu/checkin.write' }, basic)
    expect(narrow).toMatchObject({ status: 200, body: { expires_in: 3600, token_type: 'Bearer' } })
    const claims = await verifier().verify(narrow.body.access_token)
    expect(claims).toMatchObject({ sub: client_id, client_id, token_use: 'access', scope: 'tikitu/checkin.write' })
    expect(claims).not.toHaveProperty('username')

    const wide = await clientToken({ ...form, client_id, client_secret })
    expect(decodeJwt(wide.body.access_token)['scope']).toBe(demoMachine.scopes.join(' '))
  })

  it.each([
    ['a wrong secret', { ...form, client_id, client_secret: 'wrong' }, 'invalid_client'],
    ['an unknown client', { ...form, client_id: 'unknown', client_secret }, 'invalid_client'],
    ['no client', form, 'invalid_request'],
    ['a client for people', { ...form, client_id: WEB_CLIENT_ID }, 'unauthorized_client'],
    ['another grant', { client_id, client_secret, grant_type: 'password' }, 'unsupported_grant_type'],
    ['a scope it does not have', { ...form, client_id, client_secret, scope: 'tikitu/everything' }, 'invalid_scope'],
  ])('refuses %s', async (_, body: Record<string, string>, error) => {
    expect(await clientToken(body)).toEqual({ status: 400, body: { error } })
  })
})

describe('keys', () => {
  const jwks = async () =>
    (await (await fetch(`${issuer.origin}/${DEMO_POOL_ID}/.well-known/jwks.json`)).json()) as {
      keys: Record<string, string>[]
    }

  it('publishes public keys and nothing of the private ones', async () => {
    const { keys } = await jwks()
    expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']])
  })

  it('rotates without making tokens of the last key worthless, and of the one before that it does', async () => {
    const cognito = verifier()
    const { AccessToken: first } = await tokensOf('buyer@example.com')
    await cognito.verify(first)
    const response = await fetch(`${issuer.origin}/rotate-keys`, {
      method: 'POST',
      headers: { [ADMIN_SECRET_HEADER]: adminSecret },
    })
    expect(((await response.json()) as { keys: unknown[] }).keys).toHaveLength(2)

    const { AccessToken: second } = await tokensOf('buyer@example.com')
    await expect(cognito.verify(second)).resolves.toMatchObject({ sub: demoAccounts.buyer.sub })
    await expect(verifier().verify(first)).resolves.toMatchObject({ sub: demoAccounts.buyer.sub })
    await issuer.rotateKeys()
    await expect(verifier().verify(first)).rejects.toThrow(/kid/i)
  })

  it('keeps its keys, so that a token survives a restart', async () => {
    const { AccessToken, RefreshToken } = await tokensOf('buyer@example.com')
    await issuer.stop()
    issuer = await start()
    await expect(verifier().verify(AccessToken)).resolves.toBeDefined()
    const body = {
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: RefreshToken },
      ClientId: WEB_CLIENT_ID,
    }
    expect((await call('InitiateAuth', body)).status).toBe(200)
  })

  it('tells clients where to find what', async () => {
    const response = await fetch(`${issuer.origin}/${DEMO_POOL_ID}/.well-known/openid-configuration`)
    expect(await response.json()).toMatchObject({
      issuer: `https://cognito-idp.eu-central-1.amazonaws.com/${DEMO_POOL_ID}`,
      jwks_uri: `${issuer.origin}/${DEMO_POOL_ID}/.well-known/jwks.json`,
      token_endpoint: `${issuer.origin}/oauth2/token`,
    })
  })
})

describe('where it may run', () => {
  it('refuses production', async () => {
    await expect(start({ nodeEnv: 'production' })).rejects.toThrow(/refuses to run in production.*COGNITO_USER_POOL_ID/)
  })

  it('answers nobody who calls it by another name', async () => {
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${issuer.origin}/readyz`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject).end()
    })
    expect(status).toBe(403)
    expect((await fetch(`${issuer.origin}/readyz`)).status).toBe(200)
  })

  it('refuses a body that is too large', async () => {
    expect((await call('InitiateAuth', 'x'.repeat(100_000))).status).toBe(413)
  })

  it('names a port that is taken', async () => {
    const port = Number(new URL(issuer.origin).port)
    await expect(start({ port })).rejects.toThrow(new RegExp(`Port ${port} .*issuer.*PORT_BASE`))
  })
})
