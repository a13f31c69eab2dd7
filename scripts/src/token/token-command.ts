import { parseArgs } from 'node:util'
import { demoAccounts, GROUPS } from '@tikitu/local/demo-accounts'
import { readSecrets } from '@tikitu/local/secrets'
import { readSettings, type Settings } from '@tikitu/local/settings'
import { graphClient } from '../graph.ts'
import { createAccount, machineToken, signInAs } from './user-pool.ts'

const USAGE = `Usage: pnpm run token <name> [--id]        an access token (or the id token) of ${[...Object.keys(demoAccounts), 'machine'].join(', ')}
       pnpm run token --new <n> [--group <group>]   makes n more accounts, registers them, prints one access token a line

--group is one of ${GROUPS.join(', ')}; without it the accounts are in none.`

/** How many accounts are made at the same time. */
const ACCOUNTS_AT_ONCE = 8
const ACCOUNTS_MAX = 10_000

const registerUser = `mutation RegisterUser($input: RegisterUserInput!) {
  registerUser(input: $input) { __typename ... on Refusal { message } }
}`

/** Something that the person at the keyboard can put right; the message says how. */
class Mistake extends Error {}

/** The command `pnpm run token`: calls `print` with each token and resolves to the exit code. Words for people go to `complain`. */
export async function tokenCommand(
  args: string[],
  env: NodeJS.ProcessEnv,
  { print, complain }: { print: (token: string) => void; complain: (text: string) => void },
): Promise<number> {
  try {
    const wish = readWish(args)
    const settings = readSettings(env)
    if (settings.cognito.localOrigin === undefined) {
      throw new Mistake('COGNITO_USER_POOL_ID is set: the demo accounts live at the development issuer only.')
    }
    await grant(wish, settings, settings.cognito.localOrigin, print)
    return 0
  } catch (error) {
    complain(explain(error))
    return 1
  }
}

type Wish =
  | { kind: 'demo'; name: keyof typeof demoAccounts; id: boolean }
  | { kind: 'machine' }
  | { kind: 'new'; count: number; group: string | undefined }

function readWish(args: string[]): Wish {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { id: { type: 'boolean', default: false }, new: { type: 'string' }, group: { type: 'string' } },
  })
  const [name, ...more] = positionals
  if (values.new !== undefined) {
    const count = Number(values.new)
    if (!Number.isInteger(count) || count < 1 || count > ACCOUNTS_MAX) {
      throw new Mistake(`--new: expected a whole number from 1 to ${ACCOUNTS_MAX}.\n\n${USAGE}`)
    }
    if (values.group !== undefined && !GROUPS.some((group) => group === values.group)) {
      throw new Mistake(`--group: expected one of ${GROUPS.join(', ')}.\n\n${USAGE}`)
    }
    return { kind: 'new', count, group: values.group }
  }
  if (name === 'machine' && !values.id && more.length === 0) return { kind: 'machine' }
  if (name !== undefined && isDemoName(name) && more.length === 0) return { kind: 'demo', name, id: values.id }
  throw new Mistake(USAGE)
}

function isDemoName(name: string): name is keyof typeof demoAccounts {
  return Object.hasOwn(demoAccounts, name)
}

async function grant(wish: Wish, settings: Settings, issuer: string, print: (token: string) => void): Promise<void> {
  switch (wish.kind) {
    case 'demo': {
      const { accessToken, idToken } = await signInAs(issuer, demoAccounts[wish.name].email)
      print(wish.id ? idToken : accessToken)
      return
    }
    case 'machine':
      print(await machineToken(issuer))
      return
    case 'new': {
      const adminSecret = readSecrets(settings.dataDir)?.cognitoAdmin
      if (!adminSecret) throw new Mistake(`DATA_DIR: no system was ever started in ${settings.dataDir}.`)
      const gateway = `http://127.0.0.1:${settings.ports.gateway}`
      await times(wish.count, async () => {
        const email = await createAccount(issuer, adminSecret, wish.group)
        print(await register(gateway, issuer, email))
      })
    }
  }
}

/** Signs in and tells the gateway who that is, as an app does after somebody signed up. */
async function register(gateway: string, issuer: string, email: string): Promise<string> {
  const { accessToken, idToken } = await signInAs(issuer, email)
  const ask = graphClient(gateway, accessToken)
  const { registerUser: outcome } = await ask<{ registerUser: { __typename: string; message?: string } }>(
    registerUser,
    {
      input: { idToken },
    },
  )
  if (outcome.__typename !== 'User')
    throw new Error(`${email} was not registered: ${outcome.__typename}: ${outcome.message}`)
  return accessToken
}

async function times(count: number, work: () => Promise<void>): Promise<void> {
  let left = count
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await work()
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, ACCOUNTS_AT_ONCE) }, worker))
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const refused = (error.cause as { code?: string } | undefined)?.code === 'ECONNREFUSED'
  if (!refused) return error.message
  return 'No system answers. Start it with pnpm start, and give both commands the same PORT_BASE and DATA_DIR.'
}
