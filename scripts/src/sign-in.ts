import { z } from 'zod'

/** The tokens of somebody who signed in. */
export interface Tokens {
  readonly accessToken: string
  readonly idToken: string
}

const answer = z.object({ AuthenticationResult: z.object({ AccessToken: z.string(), IdToken: z.string() }) })

/** Signs in with a password at the development issuer, as an app does at Cognito. */
export async function signIn(issuer: string, clientId: string, email: string, password: string): Promise<Tokens> {
  const response = await fetch(issuer, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    },
    body: JSON.stringify({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: clientId,
      AuthParameters: { USERNAME: email, PASSWORD: password },
    }),
  })
  if (!response.ok) throw new Error(`${email} could not sign in: ${await response.text()}`)
  const { AuthenticationResult } = answer.parse(await response.json())
  return { accessToken: AuthenticationResult.AccessToken, idToken: AuthenticationResult.IdToken }
}
