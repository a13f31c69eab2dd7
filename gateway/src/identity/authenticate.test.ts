import type { AccessClaims } from '@tikitu/runtime/cognito'
import { createLog } from '@tikitu/runtime/log'
import { expect, it } from 'vitest'
import { authenticator } from './authenticate.ts'
import { rememberRevocations } from './revocations.ts'

const CLAIMS: AccessClaims = {
  kind: 'user',
  subject: 'a',
  groups: [],
  scopes: [],
  clientId: 'web',
  signInId: 'first',
  signedInAtSeconds: 0,
  expiresAtSeconds: 0,
}

it('knows from where somebody asked who leaves while it is found out who they are', async () => {
  let address: string | undefined = '192.0.2.1'
  const asking = {
    id: 'r',
    headers: { authorization: 'Bearer token' },
    log: createLog('gateway', 'silent'),
    get ip() {
      // Of a connection that is gone Node tells no address, unless it was asked before.
      return address as string
    },
  }
  const authenticate = authenticator(
    async () => {
      address = undefined
      return CLAIMS
    },
    rememberRevocations(),
    {
      principalOf: async () => ({ userId: null, closed: false, adminRole: null, partners: [], incomplete: false }),
      forget: () => {},
    },
  )
  expect(await authenticate(asking)).toMatchObject({ subject: 'a', ip: '192.0.2.1' })
})
