import { demoAccounts } from '@tikitu/local/demo-accounts'
import { graphClient, type Ask } from '../graph.ts'
import { signInAs } from '../token/user-pool.ts'
import { until } from '../wait.ts'
import { REGISTER_USER } from './operations.ts'

/** The name of a demo account. */
export type DemoName = keyof typeof demoAccounts

/** A client of the gateway that is signed in as one of the demo accounts. */
export async function signedIn(name: DemoName, gateway: string, issuer: string): Promise<Ask> {
  const { accessToken } = await signInAs(issuer, demoAccounts[name].email)
  return graphClient(gateway, accessToken)
}

/** Registers a demo account, which changes nothing when it is registered, and waits until the graph knows it. */
export async function registered(name: DemoName, gateway: string, issuer: string): Promise<Ask> {
  const { accessToken, idToken } = await signInAs(issuer, demoAccounts[name].email)
  const ask = graphClient(gateway, accessToken)
  const { registerUser } = await ask<{ registerUser: { __typename: string; message?: string } }>(REGISTER_USER, {
    idToken,
  })
  if (registerUser.__typename !== 'User') throw new Error(`${name} could not register: ${registerUser.message}`)
  await until(
    `${name} to be known`,
    async () => (await ask<{ me: { id: string } | null }>('query Me { me { id } }')).me ?? undefined,
  )
  return ask
}
