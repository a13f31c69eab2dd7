import { TokenRejected, type AccessClaims } from '@tikitu/runtime/cognito'
import { expect, it } from 'vitest'
import { rememberTokens } from './tokens.ts'

const claims = (token: string): AccessClaims => ({
  kind: 'user',
  subject: token,
  clientId: 'client',
  groups: [],
  scopes: [],
  signInId: null,
  signedInAtSeconds: 0,
  expiresAtSeconds: 100,
})

/** A verifier that counts, over a clock that the test turns. */
function setUp(tokensMax = 10) {
  const asked: string[] = []
  const clock = { now: 0 }
  const verify = rememberTokens(
    async (token) => {
      asked.push(token)
      if (token.startsWith('bad')) throw new TokenRejected('bad')
      return claims(token)
    },
    { tokensMax, nowSeconds: () => clock.now },
  )
  return { asked, clock, verify }
}

it('a token is verified once until it expires', async () => {
  const { asked, clock, verify } = setUp()
  expect(await verify('a')).toMatchObject({ subject: 'a' })
  clock.now = 99.9
  expect(await verify('a')).toMatchObject({ subject: 'a' })
  expect(asked).toEqual(['a'])
  clock.now = 100
  await verify('a')
  expect(asked).toEqual(['a', 'a'])
})

it('a token that was rejected is verified again each time', async () => {
  const { asked, verify } = setUp()
  await expect(verify('bad')).rejects.toBeInstanceOf(TokenRejected)
  await expect(verify('bad')).rejects.toBeInstanceOf(TokenRejected)
  expect(asked).toEqual(['bad', 'bad'])
})

it('only so many tokens are remembered', async () => {
  const { asked, verify } = setUp(2)
  for (const token of ['a', 'b', 'c', 'a']) await verify(token)
  expect(asked).toEqual(['a', 'b', 'c', 'a'])
})
