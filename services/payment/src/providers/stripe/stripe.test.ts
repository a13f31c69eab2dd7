import { newId } from '@tikitu/runtime/ids'
import { createLog } from '@tikitu/runtime/log'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { describe, expect, test } from 'vitest'
import { keepsTheContract } from '../../../test/provider-contract.ts'
import { anAccount, aSandbox, askSandbox } from '../../../test/sandbox.ts'
import type { PaymentMethod } from '../../payments/payment.rules.ts'
import { ProviderRefused, ProviderUnavailable } from '../provider.ts'
import { openStripe } from './stripe.ts'

const sandbox = aSandbox()

describe('the sandbox keeps what every provider promises:', () => {
  keepsTheContract(() => sandbox)
})

const testKey = process.env['STRIPE_SECRET_KEY']

describe.skipIf(!testKey?.startsWith('sk_test_'))('Stripe itself keeps what every provider promises:', () => {
  const account = anAccount({
    provider: 'stripe',
    secretKey: testKey ?? '',
    origin: undefined,
    timeoutMilliseconds: 20_000,
  })
  keepsTheContract(() => openStripe(account, createLog('payment', 'silent')))
})

const anIntent = (method: PaymentMethod = 'CARD') => {
  const paymentId = newId()
  const wish = { amount: 1_000, currency: 'EUR', capture: 'automatic' } as const
  return sandbox.createIntent({ key: `pi:${paymentId}`, paymentId, bookingId: newId(), method, ...wish })
}

const confirmed = async (instrument: string, method: PaymentMethod = 'CARD') => {
  const { ref } = await anIntent(method)
  return sandbox.confirmIntent(ref, instrument, method)
}

/** The buyer goes to where their bank wants to see them. */
const goesToTheBank = (url: string | null) => fetch(url ?? '', { method: 'POST', redirect: 'manual' })

describe('paying with', () => {
  test('anything that there is not is a mistake of ours', async () => {
    const { ref } = await anIntent()
    await expect(sandbox.confirmIntent(ref, 'tok_gold')).rejects.toThrow('no such instrument')
    await expect(sandbox.confirmIntent(ref, '__proto__')).rejects.toThrow('no such instrument')
    await expect(sandbox.confirmIntent('pi_unknown', 'tok_success')).rejects.toThrow('No such payment_intent')
  })

  test.each(['CARD', 'UPI', 'NET_BANKING', 'WALLET'] as const)('%s works', async (method) => {
    expect(await confirmed('tok_success', method)).toMatchObject({ state: 'succeeded' })
    expect(await confirmed('tok_declined', method)).toMatchObject({ state: 'failed', failureCode: 'card_declined' })
  })

  test('tok_3ds_success takes the money when the buyer has been to their bank', async () => {
    const { ref, actionUrl } = await confirmed('tok_3ds_success')
    const { status, headers } = await goesToTheBank(actionUrl)
    expect({ status, to: headers.get('location') }).toEqual({
      status: 303,
      to: `https://tickets.example.com/paid?payment_intent=${ref}&redirect_status=succeeded`,
    })
    expect(await sandbox.fetchIntent(ref)).toMatchObject({ state: 'succeeded' })
  })

  test('tok_3ds_failure fails there', async () => {
    const { ref, actionUrl } = await confirmed('tok_3ds_failure')
    await goesToTheBank(actionUrl)
    const failed = { state: 'failed', failureCode: 'payment_intent_authentication_failure' }
    expect(await sandbox.fetchIntent(ref)).toMatchObject(failed)
  })

  test('tok_3ds_abandoned waits for ever, and can be given up', async () => {
    const { ref, actionUrl } = await confirmed('tok_3ds_abandoned')
    await goesToTheBank(actionUrl)
    expect(await sandbox.fetchIntent(ref)).toMatchObject({ state: 'action' })
    expect(await sandbox.cancelIntent(ref)).toMatchObject({ state: 'cancelled' })
  })

  test.each([
    ['tok_late_success', 'succeeded'],
    ['tok_late_decline', 'failed'],
  ])('%s is decided later, and cannot be given up meanwhile', async (instrument, state) => {
    const { ref, ...waiting } = await confirmed(instrument)
    expect(waiting).toMatchObject({ state: 'processing' })
    expect(await sandbox.cancelIntent(ref)).toMatchObject({ state: 'processing' })
    await askSandbox('POST', `test_helpers/payment_intents/${ref}/decide`)
    expect(await sandbox.fetchIntent(ref)).toMatchObject({ state })
  })

  test('tok_refund_failed takes the money, and what goes back comes back', async () => {
    const { ref } = await confirmed('tok_refund_failed')
    const refund = await sandbox.refundIntent({ key: `rf:${newId()}:1`, ref, amount: 400, currency: 'EUR' })
    expect(refund).toMatchObject({ state: 'pending' })
    await askSandbox('POST', `test_helpers/refunds/${refund.ref}/settle`)
    const failed = { state: 'failed', failureCode: 'expired_or_canceled_card' }
    expect(await sandbox.fetchRefund(refund.ref)).toMatchObject(failed)
    expect(await sandbox.fetchIntent(ref)).toMatchObject({ refunded: 0 })
  })

  test('tok_dispute takes the money, and the bank wants it back', async () => {
    const { ref } = await confirmed('tok_dispute')
    await expect.poll(async () => (await askSandbox('GET', 'disputes', { payment_intent: ref })).data).toHaveLength(1)
    const [{ id }] = (await askSandbox('GET', 'disputes', { payment_intent: ref })).data
    const dispute = await sandbox.fetchDispute(id)
    expect(dispute).toMatchObject({ ref: id, intentRef: ref, amount: 1_000, currency: 'EUR', state: 'open' })
    expect(dispute.dueBy?.getTime()).toBeGreaterThan(Date.now())
    await askSandbox('POST', `disputes/${id}`, { 'evidence[uncategorized_text]': 'winning_evidence' })
    expect(await sandbox.fetchDispute(id)).toMatchObject({ state: 'won', dueBy: null })
    expect(await sandbox.disputesSince(new Date(Date.now() + 60_000))).toEqual([])
    // However many pages there are.
    const refs = [ref]
    for (let more = 0; more < 100; more++) {
      const { ref: another } = await confirmed('tok_success')
      await askSandbox('POST', `test_helpers/payment_intents/${another}/dispute`)
      refs.push(another)
    }
    const found = await sandbox.disputesSince(new Date(Date.now() - 60_000))
    expect(found.map(({ intentRef }) => intentRef)).toEqual(refs.toReversed())
    expect(found.at(-1)).toMatchObject({ ref: id, state: 'won' })
  })

  test('tok_http_429 is repeated and goes through', async () => {
    expect(await confirmed('tok_http_429')).toMatchObject({ state: 'succeeded' })
  })

  test('tok_http_500 is not known to have gone through until it is asked about', async () => {
    const { ref } = await anIntent()
    await expect(sandbox.confirmIntent(ref, 'tok_http_500')).rejects.toThrow(ProviderUnavailable)
    expect(await sandbox.fetchIntent(ref)).toMatchObject({ state: 'open' })
    expect(await sandbox.confirmIntent(ref, 'tok_http_500')).toMatchObject({ state: 'succeeded' })
  })

  test('tok_timeout has gone through although no answer came', async () => {
    const impatient = aSandbox({ timeoutMilliseconds: 150 })
    const { ref } = await anIntent()
    await expect(impatient.confirmIntent(ref, 'tok_timeout')).rejects.toThrow(ProviderUnavailable)
    expect(await impatient.confirmIntent(ref, 'tok_timeout')).toMatchObject({ state: 'succeeded' })
  })
})

describe('a provider that', () => {
  test('takes no such payment says why', async () => {
    const paymentId = newId()
    const names = { key: `pi:${paymentId}`, paymentId, bookingId: newId() }
    const wish = { ...names, amount: 1_000, method: 'CARD', capture: 'automatic' } as const
    await expect(sandbox.createIntent({ ...wish, currency: '12' })).rejects.toThrow(ProviderRefused)
  })

  test('does not know our key is an error that nobody takes for an answer', async () => {
    const stranger = aSandbox({ secretKey: 'sk_test_somebody_elses_key' })
    await expect(stranger.fetchIntent('pi_1')).rejects.toThrow(/Invalid API Key/)
  })

  test('is down is asked no more after a while, and again when it has rested', async () => {
    const nobody = aSandbox({ origin: 'http://127.0.0.1:9' })
    for (let call = 0; call < 5; call++) await expect(nobody.fetchIntent('pi_1')).rejects.toThrow(ProviderUnavailable)
    const watch = stopwatch()
    await expect(nobody.fetchIntent('pi_1')).rejects.toThrow(ProviderUnavailable)
    expect(watch.milliseconds()).toBeLessThan(50)
  })
})
