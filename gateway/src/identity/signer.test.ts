import { anonymous, IDENTITY_SECONDS, verifyIdentity, type Identity } from '@tikitu/runtime/identity'
import { expect, it, onTestFinished, vi } from 'vitest'
import { identitySigner } from './signer.ts'

const SECRET = 'a secret for these tests, long enough'
const PARTNER = '01900000-0000-7000-8000-000000000001'
const ada: Identity = { ...anonymous('request-1', '127.0.0.1'), kind: 'user', subject: 'ada' }

it('says the same of all requests of one identity', () => {
  const sign = identitySigner(SECRET)
  expect(sign({ ...ada, requestId: 'request-2' })).toBe(sign(ada))
  expect(verifyIdentity(sign(ada), SECRET, 'request-2')).toEqual({ ...ada, requestId: 'request-2' })
})

/** Everything that services are told of a caller, each with another value. */
const OTHERS: { readonly [Part in keyof Omit<Identity, 'requestId'>]: readonly Identity[Part][] } = {
  kind: ['machine'],
  subject: ['bob'],
  userId: ['01900000-0000-7000-8000-000000000002'],
  groups: [['partner'], ['partner', 'admin']],
  scopes: [['tikitu/events.write']],
  clientId: ['another client'],
  signInId: ['another sign-in'],
  adminRole: ['SUPPORT', 'FINANCE'],
  partners: [
    [{ partnerId: PARTNER, role: 'SCANNER' }],
    [{ partnerId: PARTNER, role: 'OWNER' }],
    [{ partnerId: PARTNER.replace('1', '3'), role: 'OWNER' }],
  ],
  incomplete: [true],
  ip: ['127.0.0.2', null],
}

it.each(Object.entries(OTHERS))('says something else of another %s', (part, values) => {
  const sign = identitySigner(SECRET)
  const said = new Set([sign(ada)])
  for (const value of values) {
    const other = { ...ada, [part]: value }
    // Of each twice, one behind the other and between those of somebody else.
    said.add(sign(other)).add(sign(other))
    expect(verifyIdentity(sign(other), SECRET, ada.requestId)).toEqual(other)
    expect(sign({ ...other, requestId: 'request-2' })).toBe(sign({ ...other }))
  }
  expect(said.size).toBe(1 + values.length)
  expect(verifyIdentity(sign(ada), SECRET, ada.requestId)).toEqual(ada)
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
