import { demoMachine, WEB_CLIENT_ID } from './demo-accounts.ts'
import { sameSecret } from '../same-secret.ts'
import type { Tokens } from './tokens.ts'

/** An answer of the token endpoint: RFC 6749, sections 5.1 and 5.2. */
export interface TokenAnswer {
  status: 200 | 400
  body: { access_token: string; expires_in: number; token_type: 'Bearer' } | { error: string }
}

/** The client credentials grant: a program shows its id and secret, in the form or as Basic, and gets an access token. */
export async function clientCredentials(
  form: URLSearchParams,
  authorization: string | undefined,
  tokens: Tokens,
): Promise<TokenAnswer> {
  const refuse = (error: string): TokenAnswer => ({ status: 400, body: { error } })
  const { id, secret } = readClient(form, authorization)
  if (!id) return refuse('invalid_request')
  if (id === WEB_CLIENT_ID) return refuse('unauthorized_client')
  if (id !== demoMachine.clientId || !sameSecret(secret, demoMachine.clientSecret)) return refuse('invalid_client')
  if (form.get('grant_type') !== 'client_credentials') return refuse('unsupported_grant_type')

  const allowed: readonly string[] = demoMachine.scopes
  const asked = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
  if (!asked.every((scope) => allowed.includes(scope))) return refuse('invalid_scope')
  const { accessToken, expiresIn } = await tokens.forClient(id, asked.length > 0 ? asked : allowed)
  return { status: 200, body: { access_token: accessToken, expires_in: expiresIn, token_type: 'Bearer' } }
}

function readClient(form: URLSearchParams, authorization = ''): { id: string; secret: string } {
  const [scheme, credentials = ''] = authorization.split(' ')
  if (scheme?.toLowerCase() !== 'basic') {
    return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' }
  }
  const [id = '', ...rest] = Buffer.from(credentials, 'base64').toString('utf8').split(':')
  return { id, secret: rest.join(':') }
}
