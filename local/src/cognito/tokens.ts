import { randomUUID } from 'node:crypto'
import { EncryptJWT, jwtDecrypt, SignJWT } from 'jose'
import { z } from 'zod'
import type { Account } from './accounts.ts'
import { CognitoError } from './cognito-error.ts'
import type { Keys } from './keys.ts'

/** Cognito's defaults. */
const ACCESS_SECONDS = 3_600
const REFRESH_SECONDS = 30 * 24 * 3_600

/** What an app client gets when somebody has signed in, as Cognito names it. */
export interface AuthenticationResult {
  AccessToken: string
  IdToken: string
  /** Left out when the sign-in came from a refresh token: that one stays valid. */
  RefreshToken?: string
  /** Seconds until the access and id tokens expire. */
  ExpiresIn: number
  TokenType: 'Bearer'
}

/** One sign-in; refreshed tokens say that they come from the same one. */
interface SignIn {
  sub: string
  clientId: string
  originJti: string
  /** Unix seconds. */
  authTime: number
}

/** What tokens say about somebody. */
export type Bearer = Pick<Account, 'sub' | 'groups' | 'attributes'>

/** Makes tokens with the claims Cognito gives them. */
export interface Tokens {
  signIn(account: Bearer, clientId: string): Promise<AuthenticationResult>
  /** Throws `NotAuthorizedException` if the token is not one of ours, expired, or another client's. */
  readRefreshToken(token: string, clientId: string): Promise<SignIn>
  refresh(account: Bearer, signIn: SignIn): Promise<AuthenticationResult>
  /** An access token for a program, not a person: no groups, no username. */
  forClient(clientId: string, scopes: readonly string[]): Promise<{ accessToken: string; expiresIn: number }>
}

/** Tokens of the given issuer, signed with whatever key is in use at the time. */
export function tokensOf({ issuer, keys, now }: { issuer: string; keys: Keys; now: () => Date }): Tokens {
  const seconds = () => Math.floor(now().getTime() / 1000)

  const sign = (claims: Record<string, unknown>) => {
    const { kid, key } = keys.signing()
    const iat = seconds()
    return new SignJWT({ ...claims, iss: issuer, iat, exp: iat + ACCESS_SECONDS, jti: randomUUID() })
      .setProtectedHeader({ kid, alg: 'RS256' })
      .sign(key)
  }

  const forSignIn = async (account: Bearer, { clientId, originJti, authTime }: SignIn) => {
    const shared = {
      sub: account.sub,
      // Cognito leaves the claim out rather than send an empty list.
      ...(account.groups.length > 0 ? { 'cognito:groups': account.groups } : {}),
      origin_jti: originJti,
      event_id: randomUUID(),
      auth_time: authTime,
    }
    const [AccessToken, IdToken] = await Promise.all([
      sign({
        ...shared,
        token_use: 'access',
        client_id: clientId,
        username: account.sub,
        scope: 'aws.cognito.signin.user.admin',
      }),
      sign({
        ...shared,
        ...account.attributes,
        token_use: 'id',
        aud: clientId,
        'cognito:username': account.sub,
        email_verified: account.attributes.email_verified === 'true',
      }),
    ])
    return { AccessToken, IdToken, ExpiresIn: ACCESS_SECONDS, TokenType: 'Bearer' as const }
  }

  return {
    async signIn(account, clientId) {
      const signIn = { sub: account.sub, clientId, originJti: randomUUID(), authTime: seconds() }
      const RefreshToken = await new EncryptJWT({ ...signIn, exp: signIn.authTime + REFRESH_SECONDS })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(keys.refresh)
      return { ...(await forSignIn(account, signIn)), RefreshToken }
    },

    async readRefreshToken(token, clientId) {
      const decrypted = await jwtDecrypt(token, keys.refresh, { currentDate: now() }).catch((error: unknown) => {
        const expired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED'
        throw new CognitoError(
          'NotAuthorizedException',
          expired ? 'Refresh Token has expired' : 'Invalid Refresh Token',
        )
      })
      const signIn = signInShape.parse(decrypted.payload)
      if (signIn.clientId !== clientId) throw new CognitoError('NotAuthorizedException', 'Invalid Refresh Token')
      return signIn
    },

    refresh: forSignIn,

    async forClient(clientId, scopes) {
      const accessToken = await sign({
        sub: clientId,
        token_use: 'access',
        scope: scopes.join(' '),
        auth_time: seconds(),
        version: 2,
        client_id: clientId,
      })
      return { accessToken, expiresIn: ACCESS_SECONDS }
    },
  }
}

const signInShape = z.object({ sub: z.string(), clientId: z.string(), originJti: z.string(), authTime: z.number() })
