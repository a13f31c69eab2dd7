import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ADMIN_SECRET_HEADER, startIssuer, type Issuer } from '@tikitu/local/cognito'
import { DEMO_POOL_ID, demoAccounts } from '@tikitu/local/demo-accounts'
import { aUser, waitFor } from '@tikitu/runtime/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decide, partnerService } from '../../test/build.ts'
import { openUserPool } from './user-pool.ts'

const adminSecret = 'the secret of the issuer in this test'
let issuer: Issuer
let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tikitu-partner-'))
  issuer = await startIssuer({ dataDir, port: 0, adminSecret, nodeEnv: 'test' })
})
afterAll(async () => {
  await issuer.stop()
  await rm(dataDir, { recursive: true })
})

const pool = (local = { endpoint: issuer.origin, adminSecret }, userPoolId = DEMO_POOL_ID) =>
  openUserPool({ userPoolId, local })
const never = new AbortController().signal
const { sub } = demoAccounts.buyer

async function groupsOf(username: string): Promise<string[]> {
  const response = await fetch(issuer.origin, {
    method: 'POST',
    headers: {
      'x-amz-target': 'AWSCognitoIdentityProviderService.AdminListGroupsForUser',
      [ADMIN_SECRET_HEADER]: adminSecret,
    },
    body: JSON.stringify({ UserPoolId: DEMO_POOL_ID, Username: username }),
  })
  const { Groups } = (await response.json()) as { Groups: { GroupName: string }[] }
  return Groups.map(({ GroupName }) => GroupName)
}

describe('the user pool', () => {
  it.each([
    ['a person it does not know', () => pool().addToGroup('nobody', 'partner', never), 'UserNotFoundException'],
    ['a group it does not have', () => pool().addToGroup(sub, 'pirates', never), 'ResourceNotFoundException'],
    [
      'a pool that is not there',
      () => pool(undefined, 'eu-central-1_Gone').addToGroup(sub, 'partner', never),
      'ResourceNotFoundException',
    ],
    [
      'a secret that is wrong',
      () => pool({ endpoint: issuer.origin, adminSecret: 'x'.repeat(32) }).addToGroup(sub, 'partner', never),
      'UnrecognizedClientException',
    ],
  ])('rejects for %s', async (_what, call, name) => {
    await expect(call()).rejects.toMatchObject({ name })
    expect(await groupsOf(sub)).not.toContain('partner')
  })

  it('rejects when nobody listens, or when the caller gives up', async () => {
    await expect(
      pool({ endpoint: 'http://127.0.0.1:9', adminSecret }).addToGroup(sub, 'partner', never),
    ).rejects.toThrow('ECONNREFUSED')
    await expect(pool().addToGroup(sub, 'partner', AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('puts a person into a group, where who is in it stays', async () => {
    const { sub: rival } = demoAccounts.rival
    for (const _time of ['first', 'second']) await pool().addToGroup(rival, 'partner', never)
    expect(await groupsOf(rival)).toContain('partner')
  })
})

describe('the owner of a partner', () => {
  it('joins the group when the partner is verified, and not before', async () => {
    const service = await partnerService({ userPoolId: DEMO_POOL_ID, local: { endpoint: issuer.origin, adminSecret } })
    const { data } = await service.graph(
      aUser({ subject: sub }),
      'mutation ($input: RegisterPartnerInput!) { registerPartner(input: $input) { ... on Partner { id } } }',
      { input: { companyName: 'Buyer becomes seller', contactEmail: 'buyer@example.com' } },
    )
    const { id } = data.registerPartner
    await decide(service, 'suspend', id)
    expect(await groupsOf(sub)).not.toContain('partner')

    await decide(service, 'verify', id)
    await waitFor('the owner to join the group', async () => (await groupsOf(sub)).includes('partner'))
  })
})
