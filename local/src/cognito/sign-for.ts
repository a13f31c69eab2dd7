import { join } from 'node:path'
import { DEMO_ISSUER, WEB_CLIENT_ID } from './demo-accounts.ts'
import { openKeys } from './keys.ts'
import { tokensOf } from './tokens.ts'

/** Signs access tokens of buyers who have no account in the pool, for loads of more people than can sign up by password. */
export type SignFor = (subjects: readonly string[]) => Promise<string[]>

/** Opens the keys of the pool whose issuer keeps them in this directory. */
export async function openSignFor(directory: string): Promise<SignFor> {
  const keys = await openKeys(join(directory, 'keys.json'))
  const tokens = tokensOf({ issuer: DEMO_ISSUER, keys, now: () => new Date() })
  return (subjects) =>
    Promise.all(
      subjects.map(async (sub) => {
        const { AccessToken } = await tokens.signIn({ sub, groups: [], attributes: {} }, WEB_CLIENT_ID)
        return AccessToken
      }),
    )
}
