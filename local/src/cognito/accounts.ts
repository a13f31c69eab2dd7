import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { readFileIfPresent, writeFileAtomically } from '../files.ts'
import { CognitoError } from './cognito-error.ts'
import { DEMO_PASSWORD, demoAccounts, GROUPS, type DemoAccount } from './demo-accounts.ts'
import { hashPassword } from './password-hash.ts'

/** The attributes an account may carry, as Cognito names them; their values are text, `email_verified` too. */
const ATTRIBUTES = [
  'email',
  'email_verified',
  'given_name',
  'family_name',
  'phone_number',
  'locale',
  'zoneinfo',
] as const

const accountShape = z.object({
  sub: z.uuid(),
  attributes: z.partialRecord(z.enum(ATTRIBUTES), z.string()),
  passwordHash: z.string(),
  status: z.enum(['CONFIRMED', 'FORCE_CHANGE_PASSWORD']),
  groups: z.array(z.enum(GROUPS)),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})

/** Somebody who can sign in. */
export type Account = z.infer<typeof accountShape>

/** What a new account is made of. `sub` is made up unless given. */
export interface NewAccount {
  sub?: string
  attributes: Readonly<Record<string, string>>
  password: string
  status: Account['status']
  groups?: Account['groups']
}

/** The accounts of the pool. A change is on disk when the promise of the call that made it resolves. */
export interface Accounts {
  /** By e-mail address, whatever its case, or by subject. Throws `UserNotFoundException`. */
  find(username: string): Account
  /** Throws `UsernameExistsException`, `InvalidPasswordException` or `InvalidParameterException`. */
  create(account: NewAccount): Promise<Account>
  setPassword(username: string, password: string, status: Account['status']): Promise<void>
  /** Throws `ResourceNotFoundException` for a group the pool does not have. Twice is as good as once. */
  addToGroup(username: string, group: string): Promise<void>
  removeFromGroup(username: string, group: string): Promise<void>
}

/** Reads the accounts from `file`, and adds the demo accounts that are not there yet. */
export async function openAccounts(file: string): Promise<Accounts> {
  const stored = readFileIfPresent(file)
  const bySub = new Map<string, Account>()
  const byEmail = new Map<string, Account>()
  const remember = (account: Account) => {
    bySub.set(account.sub, account)
    byEmail.set((account.attributes.email ?? '').toLowerCase(), account)
  }
  for (const account of stored === undefined ? [] : z.array(accountShape).parse(JSON.parse(stored))) remember(account)
  const save = savesTogether(() => writeFileAtomically(file, JSON.stringify([...bySub.values()], null, 1)))

  const accounts: Accounts = {
    find(username) {
      const account = bySub.get(username) ?? byEmail.get(username.toLowerCase())
      if (!account) throw new CognitoError('UserNotFoundException', 'User does not exist.')
      return account
    },

    async create({ sub = randomUUID(), attributes, password, status, groups = [] }) {
      const known = knownAttributes(attributes)
      const passwordHash = await hashPassword(acceptable(password))
      // Looked at after the hashing, in the same tick as the write: of two that come at once, one wins.
      if (byEmail.has((known.email ?? '').toLowerCase())) {
        throw new CognitoError('UsernameExistsException', 'User already exists')
      }
      const createdAt = new Date().toISOString()
      const account: Account = { sub, attributes: known, passwordHash, status, groups, createdAt, updatedAt: createdAt }
      remember(account)
      await save()
      return account
    },

    async setPassword(username, password, status) {
      const passwordHash = await hashPassword(acceptable(password))
      Object.assign(accounts.find(username), { passwordHash, status, updatedAt: new Date().toISOString() })
      await save()
    },

    async addToGroup(username, group) {
      const account = accounts.find(username)
      account.groups = [...new Set([...account.groups, knownGroup(group)])]
      await save()
    },

    async removeFromGroup(username, group) {
      const account = accounts.find(username)
      const left = knownGroup(group)
      account.groups = account.groups.filter((name) => name !== left)
      await save()
    },
  }

  const missing = Object.values<DemoAccount>(demoAccounts).filter(({ sub }) => !bySub.has(sub))
  await Promise.all(missing.map((account) => accounts.create(fromDemo(account))))
  return accounts
}

function fromDemo({ sub, email, givenName, familyName, groups }: DemoAccount): NewAccount {
  const attributes = { email, email_verified: 'true', given_name: givenName, family_name: familyName }
  return { sub, attributes, password: DEMO_PASSWORD, status: 'CONFIRMED', groups: [...groups] }
}

function knownAttributes(attributes: Readonly<Record<string, string>>): Account['attributes'] {
  const unknown = Object.keys(attributes).filter((name) => !ATTRIBUTES.some((known) => known === name))
  if (unknown.length > 0) {
    throw new CognitoError(
      'InvalidParameterException',
      `Attributes did not conform to the schema: ${unknown.join(', ')}: The attribute is not defined in schema.`,
    )
  }
  if (!z.email().safeParse(attributes['email']).success) {
    throw new CognitoError('InvalidParameterException', 'Username should be an email.')
  }
  return attributes
}

function knownGroup(group: string): Account['groups'][number] {
  const known = GROUPS.find((name) => name === group)
  if (!known) throw new CognitoError('ResourceNotFoundException', 'Group not found.')
  return known
}

function acceptable(password: string): string {
  if (password.length < 8) {
    throw new CognitoError('InvalidPasswordException', 'Password did not conform with policy: Password not long enough')
  }
  return password
}

/** Runs one save at a time; whoever asks during one waits for the next, which serves all of them. */
function savesTogether(save: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const start = () => {
    next = undefined
    last = save()
    return last
  }
  return () => {
    // A save that failed was told to those who waited for it; the next one tries again.
    next ??= last.then(start, start)
    return next
  }
}
