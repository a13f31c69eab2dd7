import { rmSync } from 'node:fs'
import { demoAccounts } from '@tikitu/local/demo-accounts'
import { startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { graphClient, type Ask } from '../src/graph.ts'
import { signInAs } from '../src/token/user-pool.ts'
import { filledDataDir } from './data-dir.ts'
import { startSecondGateway, type SecondGateway } from './second-gateway.ts'

const IDENTITY_SECRET = 'a secret that only the e2e tests know, of enough bytes'

let system: SpawnedSystem
let second: SecondGateway
let dataDir: string
let operator: Ask
beforeAll(async () => {
  dataDir = await filledDataDir()
  system = await startSystem(dataDir, { env: { IDENTITY_SECRET } })
  second = await startSecondGateway(system, IDENTITY_SECRET)
  operator = graphClient(system.gateway, await tokenOf('operator'))
})
afterAll(async () => {
  await second.stop()
  await system.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** A sign-in of its own each time, as on another device. */
const tokenOf = async (name: 'buyer' | 'rival' | 'operator') =>
  (await signInAs(`http://127.0.0.1:${system.portBase + 11}`, demoAccounts[name].email)).accessToken

const ME = 'query Me { me { id } }'

/** What both gateways say to the token: `in`, or the code with which they refuse it. */
const said = (token: string) =>
  Promise.all(
    [system.gateway, second.address].map(async (address) => {
      try {
        await graphClient(address, token)(ME)
        return 'in'
      } catch (error) {
        if (!(error instanceof Error && 'codes' in error)) throw error
        return String(error.codes)
      }
    }),
  )

let others: string
beforeEach(async () => {
  others = await tokenOf('buyer')
  await said(others)
})

/** Waits until both gateways say so, which must take no longer than a second since the call. */
async function withinOneSecond(token: string, what: string): Promise<void> {
  const watch = stopwatch()
  await vi.waitFor(async () => expect(await said(token)).toEqual([what, what]), { timeout: 10_000, interval: 10 })
  expect(watch.milliseconds()).toBeLessThan(1_000)
  expect(await said(others)).toEqual(['in', 'in'])
}

describe('at two gateways over the same services, within a second', () => {
  it('a suspended user is shut out, and let in again by the same token when the account is opened', async () => {
    const token = await tokenOf('rival')
    const { me } = await graphClient(second.address, token)<{ me: { id: string } }>(ME)
    const change = (field: string, type: string) =>
      operator(`mutation Change($input: ${type}!) { ${field}(input: $input) { __typename ... on User { status } } }`, {
        input: { userId: me.id, reason: 'a test' },
      })
    expect(await said(token)).toEqual(['in', 'in'])
    await change('suspendUser', 'SuspendUserInput')
    await withinOneSecond(token, 'UNAUTHENTICATED')
    await change('reinstateUser', 'ReinstateUserInput')
    await withinOneSecond(token, 'in')
  })

  it('whoever signs out is out on that device, and in on the others until they sign out everywhere', async () => {
    const [phone, laptop] = [await tokenOf('rival'), await tokenOf('rival')]
    await graphClient(system.gateway, phone)('mutation SignOut { signOut { __typename } }')
    await withinOneSecond(phone, 'UNAUTHENTICATED')
    expect(await said(laptop)).toEqual(['in', 'in'])
    await graphClient(second.address, laptop)('mutation SignOutEverywhere { signOutEverywhere { __typename } }')
    await withinOneSecond(laptop, 'UNAUTHENTICATED')
    // From the next second on.
    await expect.poll(async () => await said(await tokenOf('rival'))).toEqual(['in', 'in'])
  })

  it('what is known stays in force when the user service is killed', async () => {
    const token = await tokenOf('rival')
    await graphClient(system.gateway, token)('mutation SignOut { signOut { __typename } }')
    await withinOneSecond(token, 'UNAUTHENTICATED')
    const user = system.children().get('user')
    if (user === undefined) throw new Error('user does not run')
    process.kill(user, 'SIGKILL')
    // The runner starts it again.
    await vi.waitFor(
      async () => {
        expect(await said(token)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED'])
        expect(system.children().get('user')).not.toBe(user)
        expect(await said(others)).toEqual(['in', 'in'])
      },
      { timeout: 30_000, interval: 50 },
    )
  })
})
