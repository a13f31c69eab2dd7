import { newId } from '@tikitu/runtime/ids'
import { describe, expect, test } from 'vitest'
import type { PaymentProvider } from '../src/providers/provider.ts'

/** A provider under test, and the buyer's side of it. */
export interface UnderContract {
  readonly provider: PaymentProvider
  /** The buyer pays. */
  readonly pay: (ref: string) => Promise<unknown>
  /** The buyer's bank declines. */
  readonly decline: (ref: string) => Promise<unknown>
}

/** What every provider behind the port keeps. `open` is called in each test. */
export function keepsTheContract(open: () => UnderContract): void {
  const anIntent = async (facts: { key?: string; amount?: number } = {}) => {
    const { provider } = open()
    return provider.createIntent({ key: `pi:${newId()}`, amount: 1_000, currency: 'EUR', ...facts })
  }
  const aPaidIntent = async () => {
    const { ref } = await anIntent()
    await open().pay(ref)
    return ref
  }
  const refund = (ref: string, amount: number, key = `rf:${newId()}:1`) =>
    open().provider.refundIntent({ key, ref, amount, currency: 'EUR' })

  describe('an intent', () => {
    test('is open and says what it is about', async () => {
      expect(await anIntent()).toMatchObject({ state: 'open', amount: 1_000, currency: 'EUR', failureCode: null })
    })

    test('is the same for the same key, whoever asks at once', async () => {
      const key = `pi:${newId()}`
      const intents = await Promise.all(Array.from({ length: 20 }, () => anIntent({ key })))
      expect(new Set(intents.map(({ ref, clientSecret }) => `${ref} ${clientSecret}`)).size).toBe(1)
    })

    test('is refused for the same key and another amount', async () => {
      const key = `pi:${newId()}`
      await anIntent({ key })
      await expect(anIntent({ key, amount: 2_000 })).rejects.toThrow(/key/i)
    })

    test('has succeeded when the buyer has paid, and cannot be cancelled then', async () => {
      const ref = await aPaidIntent()
      expect(await open().provider.fetchIntent(ref)).toMatchObject({ state: 'succeeded' })
      expect(await open().provider.cancelIntent(ref)).toMatchObject({ state: 'succeeded' })
    })

    test('has failed for good when the bank declined', async () => {
      const { ref } = await anIntent()
      await open().decline(ref)
      await open().pay(ref)
      expect(await open().provider.fetchIntent(ref)).toMatchObject({ state: 'failed', failureCode: 'card_declined' })
    })

    test('takes no money once it is cancelled', async () => {
      const { ref } = await anIntent()
      expect(await open().provider.cancelIntent(ref)).toMatchObject({ state: 'cancelled' })
      await open().pay(ref)
      expect(await open().provider.cancelIntent(ref)).toMatchObject({ state: 'cancelled' })
    })

    test('is cancelled or paid, never both, when both happen at once', async () => {
      for (let round = 0; round < 10; round++) {
        const { ref } = await anIntent()
        const [, cancelled] = await Promise.all([open().pay(ref), open().provider.cancelIntent(ref)])
        const { state } = await open().provider.fetchIntent(ref)
        expect(['cancelled', 'succeeded']).toContain(state)
        expect(cancelled.state).toBe(state)
      }
    })
  })

  describe('a refund', () => {
    test('gives money back', async () => {
      expect(await refund(await aPaidIntent(), 400)).toMatchObject({ state: 'succeeded', failureCode: null })
    })

    test('is the same for the same key, whoever asks at once, and gives money back once', async () => {
      const ref = await aPaidIntent()
      const key = `rf:${newId()}:1`
      const refunds = await Promise.all(Array.from({ length: 20 }, () => refund(ref, 600, key)))
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
      const refunds = await Promise.all(Array.from({ length: 12 }, () => refund(ref, 300)))
      expect(refunds.filter(({ state }) => state === 'succeeded')).toHaveLength(3)
      expect(refunds.find(({ state }) => state === 'failed')?.failureCode).not.toBeNull()
    })

    test('that failed stays failed under its key', async () => {
      const { ref } = await anIntent()
      const key = `rf:${newId()}:1`
      expect(await refund(ref, 400, key)).toMatchObject({ state: 'failed' })
      await open().pay(ref)
      expect(await refund(ref, 400, key)).toMatchObject({ state: 'failed' })
      expect(await refund(ref, 400)).toMatchObject({ state: 'succeeded' })
    })
  })
}
