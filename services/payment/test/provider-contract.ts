import { newId } from '@tikitu/runtime/ids'
import { describe, expect, test } from 'vitest'
import type { IntentRequest, SandboxProvider } from '../src/providers/provider.ts'

/** What every provider behind the port keeps. `open` is called in each test. */
export function keepsTheContract(open: () => SandboxProvider): void {
  const anIntent = async (facts: Partial<IntentRequest> = {}) => {
    const paymentId = newId()
    const wish = {
      key: `pi:${paymentId}`,
      amount: 1_000,
      currency: 'EUR',
      method: 'CARD',
      capture: 'automatic',
    } as const
    return open().createIntent({ ...wish, paymentId, bookingId: newId(), ...facts })
  }
  const aPaidIntent = async (instrument = 'tok_success') => {
    const { ref } = await anIntent()
    await open().confirmIntent(ref, instrument)
    return ref
  }
  const refund = (ref: string, amount: number, key = `rf:${newId()}:1`) =>
    open().refundIntent({ key, ref, amount, currency: 'EUR' })

  describe('an intent', () => {
    test('is open and says what it is about', async () => {
      const paymentId = newId()
      expect(await anIntent({ paymentId })).toMatchObject({
        state: 'open',
        amount: 1_000,
        currency: 'EUR',
        failureCode: null,
        actionUrl: null,
        paymentId,
        clientSecret: expect.stringContaining('_secret_'),
      })
    })

    test('is found again among those that were begun since', async () => {
      const since = new Date(Date.now() - 1_000)
      const [paymentId, bookingId] = [newId(), newId()]
      const { ref } = await anIntent({ paymentId, bookingId, amount: 700, currency: 'JPY', method: 'WALLET' })
      await anIntent()
      const { intents } = await open().intentsSince(since)
      const listed = { ref, paymentId, bookingId, amount: 700, currency: 'JPY', method: 'WALLET' }
      expect(intents).toContainEqual(listed)
      const { intents: later } = await open().intentsSince(new Date(Date.now() + 60_000))
      expect(later).toEqual([])
      expect((await open().intentsSince(since, ref)).intents).not.toContainEqual(listed)
    })

    test('keeps the exponent of its currency', async () => {
      expect(await anIntent({ amount: 1_200, currency: 'JPY' })).toMatchObject({ amount: 1_200, currency: 'JPY' })
      expect(await anIntent({ amount: 1_200, currency: 'ISK' })).toMatchObject({ amount: 1_200, currency: 'ISK' })
    })

    test('is the same for the same key, whoever asks at once', async () => {
      const wish = { key: `pi:${newId()}`, paymentId: newId(), bookingId: newId() }
      const intents = await Promise.all(Array.from({ length: 5 }, () => anIntent(wish)))
      expect(new Set(intents.map(({ ref, clientSecret }) => `${ref} ${clientSecret}`)).size).toBe(1)
    })

    test('is refused for the same key and another amount', async () => {
      const [key, paymentId] = [`pi:${newId()}`, newId()]
      await anIntent({ key, paymentId })
      await expect(anIntent({ key, paymentId, amount: 2_000 })).rejects.toThrow(/key/i)
    })

    test('has succeeded when the buyer has paid, and cannot be cancelled then', async () => {
      const ref = await aPaidIntent()
      expect(await open().fetchIntent(ref)).toMatchObject({ state: 'succeeded', amount: 1_000, refunded: 0 })
      expect(await open().cancelIntent(ref)).toMatchObject({ state: 'succeeded' })
    })

    test.each([
      ['tok_declined', 'card_declined'],
      ['tok_insufficient_funds', 'insufficient_funds'],
      ['tok_expired_card', 'expired_card'],
    ])('fails for good with %s', async (instrument, failureCode) => {
      const { ref } = await anIntent()
      expect(await open().confirmIntent(ref, instrument)).toMatchObject({ state: 'failed', failureCode })
      expect(await open().confirmIntent(ref, 'tok_success')).toMatchObject({ state: 'failed', failureCode })
      expect(await open().fetchIntent(ref)).toMatchObject({ state: 'failed', failureCode })
      expect(await open().cancelIntent(ref)).toMatchObject({ state: 'failed', failureCode })
    })

    test('sends the buyer to their bank when that wants to see them', async () => {
      const { ref } = await anIntent()
      const asked = await open().confirmIntent(ref, 'tok_3ds_success')
      expect(asked).toMatchObject({ state: 'action', actionUrl: expect.stringMatching(/^https?:/) })
      expect(await open().fetchIntent(ref)).toMatchObject({ state: 'action', actionUrl: asked.actionUrl })
      expect(await open().cancelIntent(ref)).toMatchObject({ state: 'cancelled', actionUrl: null })
    })

    test('takes no money once it is cancelled', async () => {
      const { ref } = await anIntent()
      expect(await open().cancelIntent(ref)).toMatchObject({ state: 'cancelled' })
      expect(await open().confirmIntent(ref, 'tok_success')).toMatchObject({ state: 'cancelled' })
      expect(await open().cancelIntent(ref)).toMatchObject({ state: 'cancelled' })
    })

    test('is cancelled or paid, never both, when both happen at once', async () => {
      for (let round = 0; round < 5; round++) {
        const { ref } = await anIntent()
        const [, cancelled] = await Promise.all([open().confirmIntent(ref, 'tok_success'), open().cancelIntent(ref)])
        const { state } = await open().fetchIntent(ref)
        expect(['cancelled', 'succeeded']).toContain(state)
        expect(cancelled.state).toBe(state)
      }
    })
  })

  describe('money that is only held', () => {
    test('is taken when we say so, once', async () => {
      const { ref } = await anIntent({ capture: 'manual' })
      expect(await open().confirmIntent(ref, 'tok_success')).toMatchObject({ state: 'authorized', amount: 1_000 })
      expect(await refund(ref, 400)).toMatchObject({ state: 'failed' })
      expect(await open().captureIntent(ref)).toMatchObject({ state: 'succeeded', amount: 1_000 })
      expect(await open().captureIntent(ref)).toMatchObject({ state: 'succeeded', amount: 1_000 })
    })

    test('is let go when it is not wanted', async () => {
      const { ref } = await anIntent({ capture: 'manual' })
      await open().confirmIntent(ref, 'tok_success')
      expect(await open().cancelIntent(ref)).toMatchObject({ state: 'cancelled' })
      expect(await open().captureIntent(ref)).toMatchObject({ state: 'cancelled' })
    })
  })

  describe('a refund', () => {
    test('gives money back', async () => {
      const ref = await aPaidIntent()
      const given = await refund(ref, 400)
      expect(given).toMatchObject({ state: 'succeeded', failureCode: null })
      expect(await open().fetchRefund(given.ref)).toEqual(given)
      expect(await open().fetchIntent(ref)).toMatchObject({ refunded: 400 })
    })

    test('may take its time', async () => {
      const given = await refund(await aPaidIntent('tok_refund_pending'), 400)
      expect(given).toMatchObject({ state: 'pending', failureCode: null })
      await expect.poll(() => open().fetchRefund(given.ref), { timeout: 20_000 }).toMatchObject({ state: 'succeeded' })
    })

    test('is the same for the same key, and gives money back once', async () => {
      const ref = await aPaidIntent()
      const key = `rf:${newId()}:1`
      const refunds = await Promise.all(Array.from({ length: 5 }, () => refund(ref, 600, key)))
      expect(new Set(refunds.map((one) => one.ref)).size).toBe(1)
      expect(await refund(ref, 400)).toMatchObject({ state: 'succeeded' })
    })

    test('is refused for the same key and another amount', async () => {
      const ref = await aPaidIntent()
      const key = `rf:${newId()}:1`
      await refund(ref, 400, key)
      await expect(refund(ref, 500, key)).rejects.toThrow(/key/i)
    })

    test('beyond what was taken fails, also in parts and at once', async () => {
      const ref = await aPaidIntent()
      const refunds = await Promise.all(Array.from({ length: 6 }, () => refund(ref, 300)))
      expect(refunds.filter(({ state }) => state === 'succeeded')).toHaveLength(3)
      expect(refunds.find(({ state }) => state === 'failed')?.failureCode).not.toBeNull()
    })

    test('that failed stays failed under its key', async () => {
      const { ref } = await anIntent()
      const key = `rf:${newId()}:1`
      expect(await refund(ref, 400, key)).toMatchObject({ state: 'failed' })
      await open().confirmIntent(ref, 'tok_success')
      expect(await refund(ref, 400, key)).toMatchObject({ state: 'failed' })
      expect(await refund(ref, 400)).toMatchObject({ state: 'succeeded' })
    })
  })
}
