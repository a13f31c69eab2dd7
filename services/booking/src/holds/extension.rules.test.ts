import { fc } from '@tikitu/runtime/testing/properties'
import { expect, test } from 'vitest'
import { decideExtension, type ExtensionFacts } from './extension.rules.ts'

const at = new Date('2027-05-01T12:00:00.000Z')
const minutes = (count: number) => new Date(at.getTime() + count * 60_000)
const limits = { holdSeconds: 600, holdSecondsMax: 1_800, extensionsMax: 2 }
const hold: ExtensionFacts = {
  id: 'a hold',
  status: 'HELD',
  reference: null,
  createdAt: minutes(-8),
  expiresAt: minutes(2),
  isOver: false,
  extensions: 0,
  event: { status: 'PUBLISHED', salesOpenAt: minutes(-60), salesCloseAt: minutes(60) },
}

test.each([
  ['HoldAlreadyUsed', { status: 'PENDING', reference: 'K7M2X9QT' }],
  ['HoldNotFound', { status: 'RELEASED' }],
  ['HoldExpired', { status: 'EXPIRED' }],
  ['HoldExpired', { isOver: true }],
  ['SalesClosed', { event: { ...hold.event, status: 'CANCELLED' } }],
  ['SalesClosed', { event: { ...hold.event, salesCloseAt: at } }],
  ['HoldNotExtendable', { extensions: 2 }],
  ['HoldNotExtendable', { createdAt: minutes(-28), expiresAt: minutes(2) }],
  ['HoldNotExtendable', { expiresAt: minutes(10) }],
])('%s when the hold is %o', (refusal, facts) => {
  expect(decideExtension({ ...hold, ...facts }, limits, at)).toMatchObject({ refusal })
})

test('it lasts as long as a new one from now on, but not longer than any may', () => {
  expect(decideExtension(hold, limits, at)).toEqual({ ok: true, value: { until: minutes(10) } })
  const older = { ...hold, createdAt: minutes(-25), extensions: 1 }
  expect(decideExtension(older, limits, at)).toEqual({ ok: true, value: { until: minutes(5) } })
})

test('no extension makes a hold shorter, or longer than the limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 200 }), (age, left) => {
      const facts = { ...hold, createdAt: minutes(-age), expiresAt: minutes(left) }
      const decision = decideExtension(facts, limits, at)
      if (!decision.ok) return
      const { until } = decision.value
      expect(until > facts.expiresAt && until.getTime() <= facts.createdAt.getTime() + 1_800_000).toBe(true)
    }),
  )
})
