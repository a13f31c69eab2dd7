import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ADMIN_SECRET_HEADER, startIssuer } from '@tikitu/local/cognito'
import { DEMO_PASSWORD, DEMO_POOL_ID, WEB_CLIENT_ID } from '@tikitu/local/demo-accounts'
import { anonymous, IDENTITY_HEADER, signIdentity } from '@tikitu/runtime/identity'
import { z } from 'zod'

/** Somebody who is signed in. */
export interface SignedIn {
  /** What a client of ours sends. */
  readonly authorization: string
  /** What a subgraph needs to know, signed: peers get it ready from the client and only have to pass it on. */
  readonly identity: string
}

/** People who signed in, and where the keys are that prove it. */
export interface Callers {
  readonly issuer: string
  readonly people: readonly SignedIn[]
  stop(): Promise<void>
}

/** Starts the development issuer and signs in so many people of its pool, each with an account of their own. */
export async function signInPeople(
  count: number,
  { dataDir, port, identitySecret }: { dataDir: string; port: number; identitySecret: string },
): Promise<Callers> {
  const adminSecret = randomBytes(32).toString('hex')
  const issuer = await startIssuer({ dataDir: join(dataDir, 'cognito'), port, adminSecret, nodeEnv: undefined })
  const people: SignedIn[] = []
  for (let number = 1; number <= count; number += 1) {
    const token = await signUp(issuer.origin, adminSecret, `caller-${number}@example.com`)
    people.push({ authorization: `Bearer ${token}`, identity: identityOf(token, identitySecret) })
  }
  return { issuer: issuer.origin, people, stop: () => issuer.stop() }
}

async function signUp(issuer: string, adminSecret: string, email: string): Promise<string> {
  const call = async (operation: string, body: object) => {
    const response = await fetch(issuer, {
      method: 'POST',
      headers: {
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        [ADMIN_SECRET_HEADER]: adminSecret,
      },
      body: JSON.stringify({ UserPoolId: DEMO_POOL_ID, Username: email, ...body }),
    })
    if (!response.ok) throw new Error(`${operation} was refused: ${await response.text()}`)
    return response.json()
  }
  await call('AdminCreateUser', { UserAttributes: [{ Name: 'email_verified', Value: 'true' }] })
  await call('AdminSetUserPassword', { Password: DEMO_PASSWORD, Permanent: true })
  const signedIn = await call('InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: WEB_CLIENT_ID,
    AuthParameters: { USERNAME: email, PASSWORD: DEMO_PASSWORD },
  })
  return tokens.parse(signedIn).AuthenticationResult.AccessToken
}

const tokens = z.object({ AuthenticationResult: z.object({ AccessToken: z.string() }) })

function identityOf(token: string, identitySecret: string): string {
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const { sub } = z.object({ sub: z.string() }).parse(claims)
  return signIdentity({ ...anonymous(sub), kind: 'user', subject: sub, userId: sub }, identitySecret)
}

/** The head of a request of theirs to one of our gateway's peers, or to ours. */
export function headOf({ authorization, identity }: SignedIn, isOurs: boolean): string {
  const who = isOurs ? `authorization: ${authorization}` : `${IDENTITY_HEADER}: ${identity}`
  return `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\naccept: application/json\r\n${who}\r\n`
}
