import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { serveLocally, type LocalAnswer, type LocalRequest } from '../local-http.ts'
import { sameSecret } from '../same-secret.ts'
import { openAccounts } from './accounts.ts'
import { clientCredentials } from './client-credentials.ts'
import { CognitoError } from './cognito-error.ts'
import { DEMO_ISSUER, DEMO_POOL_ID, demoMachine } from './demo-accounts.ts'
import { openKeys } from './keys.ts'
import { tokensOf } from './tokens.ts'
import { userPoolApi, type Operation } from './user-pool-api.ts'

/** The header that carries the secret which stands in for a request signed with AWS credentials. */
export const ADMIN_SECRET_HEADER = 'x-tikitu-admin-secret'

const TARGET_PREFIX = 'AWSCognitoIdentityProviderService.'

/** What the issuer needs. */
export interface IssuerOptions {
  /** Its own directory: accounts and keys lie there. */
  dataDir: string
  /** Port on 127.0.0.1; 0 takes a free one. */
  port: number
  /** What admin operations have to show; at least 32 characters. */
  adminSecret: string
  /** The environment of the process. */
  nodeEnv: string | undefined
  /** The clock that tokens are dated by. */
  now?: () => Date
}

/** A running issuer. */
export interface Issuer {
  /** Where it answers: `http://127.0.0.1:<port>`. */
  origin: string
  /** Signs with a new key from now on, as Cognito does from time to time. Tokens of the last key stay valid. */
  rotateKeys(): Promise<void>
  stop(): Promise<void>
}

/**
 * Stands in for one Cognito user pool: the same calls, errors, claims and issuer name. It signs in whoever knows a
 * published password, so it refuses to run in production, and it listens on 127.0.0.1 alone.
 */
export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  if (options.nodeEnv === 'production') {
    throw new Error(
      'The development issuer refuses to run in production. Set COGNITO_USER_POOL_ID to a real user pool.',
    )
  }
  if (options.adminSecret.length < 32) throw new Error('The admin secret is too short: at least 32 characters.')
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const keys = await openKeys(join(options.dataDir, 'keys.json'))
  const accounts = await openAccounts(join(options.dataDir, 'accounts.json'))
  const tokens = tokensOf({ issuer: DEMO_ISSUER, keys, now: options.now ?? (() => new Date()) })
  const operations = userPoolApi({ accounts, tokens })

  const answer = async (request: LocalRequest): Promise<LocalAnswer> => {
    switch (`${request.method} ${request.url.pathname}`) {
      case 'POST /':
        return callOperation(request, operations, options.adminSecret)
      case 'POST /oauth2/token': {
        const form = new URLSearchParams(request.body)
        return clientCredentials(form, request.headers.authorization, tokens)
      }
      case `GET /${DEMO_POOL_ID}/.well-known/jwks.json`:
        return { body: keys.jwks() }
      case `GET /${DEMO_POOL_ID}/.well-known/openid-configuration`:
        return { body: discovery(server.origin) }
      case 'POST /rotate-keys':
        if (!mayAdminister(request, options.adminSecret)) return { status: 403, body: { message: 'Forbidden' } }
        await keys.rotate()
        return { body: keys.jwks() }
      case 'GET /readyz':
        return { body: { status: 'ready' } }
      default:
        return { status: 404, body: { message: 'Not found' } }
    }
  }
  const server = await serveLocally({ port: options.port, purpose: 'development Cognito issuer' }, answer)
  return { origin: server.origin, rotateKeys: () => keys.rotate(), stop: () => server.stop() }
}

async function callOperation(
  request: LocalRequest,
  operations: Map<string, Operation>,
  adminSecret: string,
): Promise<LocalAnswer> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() }
  try {
    const target = String(request.headers['x-amz-target'])
    const operation = target.startsWith(TARGET_PREFIX) && operations.get(target.slice(TARGET_PREFIX.length))
    if (!operation) throw new CognitoError('UnknownOperationException', `${target} is not known here.`)
    if (operation.admin && !mayAdminister(request, adminSecret)) {
      throw new CognitoError('UnrecognizedClientException', 'The security token included in the request is invalid.')
    }
    return { headers, body: await operation.run(parseJson(request.body)) }
  } catch (error) {
    if (!(error instanceof CognitoError)) throw error
    return {
      status: 400,
      headers: { ...headers, 'x-amzn-errortype': `${error.type}:` },
      body: { __type: error.type, message: error.message },
    }
  }
}

function mayAdminister(request: LocalRequest, adminSecret: string): boolean {
  return sameSecret(String(request.headers[ADMIN_SECRET_HEADER]), adminSecret)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new CognitoError('SerializationException', 'The body is not JSON.')
    throw error
  }
}

function discovery(origin: string) {
  return {
    issuer: DEMO_ISSUER,
    jwks_uri: `${origin}/${DEMO_POOL_ID}/.well-known/jwks.json`,
    token_endpoint: `${origin}/oauth2/token`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    scopes_supported: demoMachine.scopes,
  }
}
