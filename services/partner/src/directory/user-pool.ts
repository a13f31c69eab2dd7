import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'

/** Where the user pool is, and how we show that we may change it. */
export interface UserPoolConfig {
  /** `<region>_<name>`. */
  readonly userPoolId: string
  /** The development issuer, which speaks Cognito's protocol; null is Amazon Cognito, with the credentials of the machine. */
  readonly local: { readonly endpoint: string; readonly adminSecret: string } | null
}

/** The directory of people who can sign in. */
export interface UserPool {
  /** Puts a person into a group; who is in it stays in it. Rejects when the pool does not do it. */
  addToGroup(subject: string, group: string, signal: AbortSignal): Promise<void>
}

/** The user pool in Amazon Cognito, or in the development issuer. Nothing is connected before the first call. */
export function openUserPool(config: UserPoolConfig): UserPool {
  const client = onFirstUse(() => connect(config))
  return {
    async addToGroup(subject, group, signal) {
      const { AdminAddUserToGroupCommand } = await sdk()
      // Cognito takes a subject for a user name, except for people of a federated provider.
      const command = new AdminAddUserToGroupCommand({
        UserPoolId: config.userPoolId,
        Username: subject,
        GroupName: group,
      })
      await (await client()).send(command, { abortSignal: signal })
    },
  }
}

/** Loaded on first use: most instances of the service never verify anybody, and it costs a third of a second at start. */
const sdk = () => import('@aws-sdk/client-cognito-identity-provider')

function onFirstUse<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}

/** The development issuer asks for this header where AWS asks for a signature. */
const ADMIN_SECRET_HEADER = 'x-tikitu-admin-secret'

async function connect({ userPoolId, local }: UserPoolConfig): Promise<CognitoIdentityProviderClient> {
  const { CognitoIdentityProviderClient: Client } = await sdk()
  const region = userPoolId.slice(0, userPoolId.indexOf('_'))
  // The job tries again by itself, and knows how long it may take.
  if (!local) return new Client({ region, maxAttempts: 1 })

  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new Client({ region, maxAttempts: 1, endpoint: local.endpoint, credentials })
  client.middlewareStack.add(
    (next) => (call) => {
      if (hasHeaders(call.request)) call.request.headers[ADMIN_SECRET_HEADER] = local.adminSecret
      return next(call)
    },
    { step: 'build', name: 'showAdminSecret' },
  )
  return client
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request
}
