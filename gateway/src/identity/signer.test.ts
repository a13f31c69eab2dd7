import { anonymous, IDENTITY_SECONDS, verifyIdentity, type Identity } from '@tikitu/runtime/identity'
import { expect, it, onTestFinished, vi } from 'vitest'
import { identitySigner } from './signer.ts'

const SECRET = 'a secret for these tests, long enough'
const ada: Identity = { ...anonymous('request-1', '127.0.0.1'), kind: 'user', subject: 'ada' }

it('says the same of all requests of one identity', () => {
  const sign = identitySigner(SECRET)
  expect(sign({ ...ada, requestId: 'request-2' })).toBe(sign(ada))
  expect(verifyIdentity(sign(ada), SECRET, 'request-2')).toEqual({ ...ada, requestId: 'request-2' })
})

it.each([
  ['another subject', { subject: 'bob' }],
  ['another address', { ip: '127.0.0.2' }],
  ['another role', { adminRole: 'SUPPORT' as const }],
  ['another sign-in', { signInId: 'another' }],
  ['less that is known', { incomplete: true }],
])('says something else of %s', (_, change) => {
  const sign = identitySigner(SECRET)
  expect(sign({ ...ada, ...change })).not.toBe(sign(ada))
  expect(verifyIdentity(sign({ ...ada, ...change }), SECRET, ada.requestId)).toEqual({ ...ada, ...change })
})

it('signs anew long before the services refuse the old', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const sign = identitySigner(SECRET)
  const first = sign(ada)
  vi.advanceTimersByTime((IDENTITY_SECONDS / 3) * 1000 - 1)
  expect(sign(ada)).toBe(first)
  vi.advanceTimersByTime(1)
  expect(sign(ada)).not.toBe(first)
})
