import { randomBytes } from 'node:crypto'
import { ADMIN_SECRET_HEADER } from '@tikitu/local/cognito'
import { DEMO_PASSWORD, DEMO_POOL_ID, demoMachine, WEB_CLIENT_ID } from '@tikitu/local/demo-accounts'
import { z } from 'zod'
import { signIn, type Tokens } from '../sign-in.ts'

/** Signs in as somebody of the development pool who has the password of the demo accounts. */
export function signInAs(issuer: string, email: string): Promise<Tokens> {
  return signIn(issuer, WEB_CLIENT_ID, email, DEMO_PASSWORD)
}

/** An access token for the demo machine, with all of its scopes. */
export async function machineToken(issuer: string): Promise<string> {
  const { clientId, clientSecret } = demoMachine
  const response = await fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  if (!response.ok) throw new Error(`The machine got no token: ${await response.text()}`)
  return z.object({ access_token: z.string() }).parse(await response.json()).access_token
}

/** Makes an account in the pool, with the password of the demo accounts, and returns its made-up address. */
export async function createAccount(issuer: string, adminSecret: string, group: string | undefined): Promise<string> {
  const number = randomBytes(6).toString('hex')
  const email = `guest-${number}@example.com`
  const administer = async (operation: string, body: object) => {
    const response = await fetch(issuer, {
      method: 'POST',
      headers: {
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        [ADMIN_SECRET_HEADER]: adminSecret,
      },
      body: JSON.stringify({ UserPoolId: DEMO_POOL_ID, Username: email, ...body }),
    })
    if (!response.ok) throw new Error(`${operation} was refused: ${await response.text()}`)
  }
  const attributes = { email_verified: 'true', given_name: 'Guest', family_name: number }
  await administer('AdminCreateUser', {
    UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
  })
  await administer('AdminSetUserPassword', { Password: DEMO_PASSWORD, Permanent: true })
  if (group !== undefined) await administer('AdminAddUserToGroup', { GroupName: group })
  return email
}
