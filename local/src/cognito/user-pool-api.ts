import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Account, Accounts } from './accounts.ts'
import { CognitoError } from './cognito-error.ts'
import { DEMO_POOL_ID, demoMachine, WEB_CLIENT_ID } from './demo-accounts.ts'
import { passwordMatches } from './password-hash.ts'
import type { Tokens } from './tokens.ts'

/** One operation of Cognito's API: body in, body out. Throws `CognitoError`. */
export interface Operation {
  /** True if AWS wants a signed request; here it wants the secret of this installation. */
  admin: boolean
  run(body: unknown): Promise<object>
}

/** The operations of `AWSCognitoIdentityProviderService` that the platform uses, by the name in `x-amz-target`. */
export function userPoolApi({ accounts, tokens }: { accounts: Accounts; tokens: Tokens }): Map<string, Operation> {
  return new Map(
    Object.entries({
      InitiateAuth: operation({ admin: false, body: initiateAuth }, async ({ AuthFlow, AuthParameters, ClientId }) => {
        requireWebClient(ClientId, AuthFlow)
        if (AuthFlow === 'USER_PASSWORD_AUTH') {
          const account = await byPassword(accounts, AuthParameters)
          return account.status === 'FORCE_CHANGE_PASSWORD'
            ? newPasswordChallenge(account)
            : { AuthenticationResult: await tokens.signIn(account, ClientId), ChallengeParameters: {} }
        }
        const signIn = await tokens.readRefreshToken(required(AuthParameters, 'REFRESH_TOKEN'), ClientId)
        const account = accounts.find(signIn.sub)
        return { AuthenticationResult: await tokens.refresh(account, signIn), ChallengeParameters: {} }
      }),

      // Confirmed at once, as a pool does whose pre sign-up trigger says so: nobody here waits for a mailed code.
      SignUp: operation({ admin: false, body: signUp }, async ({ ClientId, Username, Password, UserAttributes }) => {
        requireWebClient(ClientId, 'SignUp')
        const attributes = { ...fromList(UserAttributes), email: Username, email_verified: 'true' }
        const account = await accounts.create({ attributes, password: Password, status: 'CONFIRMED' })
        return { UserConfirmed: true, UserSub: account.sub }
      }),

      AdminCreateUser: operation(
        { admin: true, body: adminCreateUser },
        async ({ Username, TemporaryPassword = `Aa1-${randomUUID()}`, UserAttributes }) => {
          const attributes = { ...fromList(UserAttributes), email: Username }
          const status = 'FORCE_CHANGE_PASSWORD'
          const {
            Username: sub,
            UserAttributes: Attributes,
            ...rest
          } = describe(await accounts.create({ attributes, password: TemporaryPassword, status }))
          return { User: { Username: sub, Attributes, ...rest } }
        },
      ),

      AdminSetUserPassword: operation({ admin: true, body: setPassword }, async ({ Username, Password, Permanent }) => {
        await accounts.setPassword(Username, Password, Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD')
        return {}
      }),

      AdminGetUser: operation({ admin: true, body: oneUser }, ({ Username }) => describe(accounts.find(Username))),

      AdminListGroupsForUser: operation({ admin: true, body: oneUser }, ({ Username }) => ({
        Groups: accounts.find(Username).groups.map((GroupName) => ({ GroupName, UserPoolId: DEMO_POOL_ID })),
      })),

      AdminAddUserToGroup: operation({ admin: true, body: userAndGroup }, async ({ Username, GroupName }) => {
        await accounts.addToGroup(Username, GroupName)
        return {}
      }),

      AdminRemoveUserFromGroup: operation({ admin: true, body: userAndGroup }, async ({ Username, GroupName }) => {
        await accounts.removeFromGroup(Username, GroupName)
        return {}
      }),
    }),
  )
}

const text = z.string().min(1)
const attributeList = z.array(z.object({ Name: text, Value: z.string() })).default([])
const initiateAuth = z.object({
  AuthFlow: z.enum(['USER_PASSWORD_AUTH', 'REFRESH_TOKEN_AUTH']),
  AuthParameters: z.record(z.string(), z.string()),
  ClientId: text,
})
const signUp = z.object({ ClientId: text, Username: text, Password: text, UserAttributes: attributeList })
const pool = { UserPoolId: text }
const oneUser = z.object({ ...pool, Username: text })
const userAndGroup = z.object({ ...pool, Username: text, GroupName: text })
const setPassword = z.object({ ...pool, Username: text, Password: text, Permanent: z.boolean().default(false) })
const adminCreateUser = z.object({
  ...pool,
  Username: text,
  TemporaryPassword: text.optional(),
  UserAttributes: attributeList,
})

/** Checks the body before the operation sees it. */
function operation<Body extends z.ZodType>(
  { admin, body }: { admin: boolean; body: Body },
  run: (input: z.output<Body>) => object | Promise<object>,
): Operation {
  return {
    admin,
    run: async (raw) => {
      const parsed = body.safeParse(raw)
      if (!parsed.success) throw new CognitoError('InvalidParameterException', z.prettifyError(parsed.error))
      const { UserPoolId } = parsed.data as { UserPoolId?: string }
      if (UserPoolId !== undefined && UserPoolId !== DEMO_POOL_ID) {
        throw new CognitoError('ResourceNotFoundException', `User pool ${UserPoolId} does not exist.`)
      }
      return run(parsed.data)
    },
  }
}

function requireWebClient(clientId: string, flow: string): void {
  if (clientId === WEB_CLIENT_ID) return
  if (clientId === demoMachine.clientId) {
    throw new CognitoError('InvalidParameterException', `${flow} flow not enabled for this client`)
  }
  throw new CognitoError('ResourceNotFoundException', `User pool client ${clientId} does not exist.`)
}

async function byPassword(accounts: Accounts, parameters: Record<string, string>): Promise<Account> {
  const wrong = new CognitoError('NotAuthorizedException', 'Incorrect username or password.')
  const [username, password] = [required(parameters, 'USERNAME'), required(parameters, 'PASSWORD')]
  let account: Account
  try {
    account = accounts.find(username)
  } catch (error) {
    // Whether an address has an account is nobody's business.
    if (error instanceof CognitoError) throw wrong
    throw error
  }
  if (!(await passwordMatches(password, account.passwordHash))) throw wrong
  return account
}

function required(parameters: Record<string, string>, name: string): string {
  const value = parameters[name]
  if (!value) throw new CognitoError('InvalidParameterException', `Missing required parameter ${name}`)
  return value
}

function newPasswordChallenge(account: Account) {
  return {
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: randomUUID(),
    ChallengeParameters: { USER_ID_FOR_SRP: account.sub, requiredAttributes: '[]' },
  }
}

function describe({ sub, attributes, createdAt, updatedAt, status }: Account) {
  return {
    Username: sub,
    UserAttributes: Object.entries({ sub, ...attributes }).map(([Name, Value]) => ({ Name, Value })),
    UserCreateDate: Date.parse(createdAt) / 1000,
    UserLastModifiedDate: Date.parse(updatedAt) / 1000,
    Enabled: true,
    UserStatus: status,
  }
}

function fromList(attributes: z.output<typeof attributeList>): Record<string, string> {
  return Object.fromEntries(attributes.map(({ Name, Value }) => [Name, Value]))
}
