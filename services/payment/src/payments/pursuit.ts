import type { Transaction } from '@tikitu/runtime/database'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { logExchange, type Exchange } from '../payment-log/payment-log.ts'
import type { Json } from '../payment-log/log.rules.ts'
import { callProvider, type Outside } from '../providers/outside.ts'
import {
  providerOf,
  ProviderRefused,
  ProviderUnavailable,
  type Intent,
  type ProviderName,
  type Providers,
} from '../providers/provider.ts'
import { requestOfPaymentForUpdate } from '../requests/request.sql.ts'
import { decideNextStep, isGood, nextCheckAt } from './payment.rules.ts'
import { paymentByProviderRef, paymentExists, paymentForUpdate, updatePayment, type PaymentRow } from './payment.sql.ts'
import { failUnbegun, settlePayment } from './settlement.ts'

/** More steps than any attempt has; beyond it something repeats for ever. */
const STEPS_MAX = 5

/**
 * Takes an attempt as far as the provider lets it go, in steps of three beats: write down what will be asked, ask,
 * write down the answer. What is next is read from the attempt, so that this may be called by anybody, at once, again,
 * and after a crash between any two beats. `poll` also asks about an attempt that waits for its buyer; `evenOver` about
 * one that came to nothing too, because a provider may have taken its money all the same.
 * Throws `ProviderUnavailable` when no answer came; then it is to be called again later.
 */
export async function pursuePayment(
  outside: Outside,
  paymentId: string,
  { poll = false, evenOver = false } = {},
): Promise<void> {
  let mayPoll: Poll = evenOver ? 'over' : poll ? 'open' : 'no'
  for (let step = 1; step <= STEPS_MAX; step++) {
    const question = accepted(await transact(outside.database, (tx, at) => ask(tx, { paymentId, poll: mayPoll, at })))
    if (!question) return
    const { exchange } = question
    const { answer, said } = await callProvider(outside, exchange, () => call(outside.providers, question))
    await transact(outside.database, async (tx, at) => {
      if ('refused' in answer) await failUnbegun(tx, { paymentId, code: answer.refused, at })
      else await settlePayment(tx, { paymentId, intent: answer, at })
      await logExchange(tx, { ...exchange, kind: 'ANSWER', body: { ...answer, said }, at })
      return accept()
    })
    // Once asked, it waits until somebody asks again.
    if (exchange.operation === 'fetch') mayPoll = 'no'
  }
  throw new Error(`payment ${paymentId} does not come to rest`)
}

/** The same as far as it goes now: when the provider does not answer, the reconciler goes on later. */
export async function pursuePaymentNow(outside: Outside, paymentId: string): Promise<void> {
  try {
    await pursuePayment(outside, paymentId)
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error
    outside.log.warn({ err: error, paymentId }, 'a payment stands still until its provider answers')
  }
}

/** Of which attempts the provider is asked how they stand, when nothing else is to be asked. */
type Poll = 'no' | 'open' | 'over'

/** What to ask the provider about an attempt. */
interface Question {
  readonly payment: PaymentRow
  readonly exchange: Exchange
}

/** The first beat: decides what is next and writes it down; null when nothing is. */
async function ask(
  tx: Transaction,
  { paymentId, poll, at }: { readonly paymentId: string; readonly poll: Poll; readonly at: Date },
) {
  const request = await requestOfPaymentForUpdate(tx, paymentId)
  const payment = await paymentForUpdate(tx, paymentId)
  if (!request || !payment) throw new Error(`there is no payment ${paymentId}`)
  const step = decideNextStep(payment, request)
  if (step === 'wait' && poll === 'no') return accept(null)
  if (step === 'done' && (poll !== 'over' || payment.providerRef === null || isGood(payment.status)))
    return accept(null)

  const operation = step === 'wait' || step === 'done' ? 'fetch' : step
  const exchange: Exchange = { paymentId, refundId: null, provider: payment.provider, operation }
  const { checks, providerRef: ref, instrument, amount, currency } = payment
  await updatePayment(tx, paymentId, { checks: checks + 1, checkAt: nextCheckAt(at, checks) })
  const body: Json = operation === 'create' ? { key: intentKey(payment), amount, currency } : { ref, instrument }
  await logExchange(tx, { ...exchange, kind: 'REQUEST', body, at })
  return accept<Question>({ payment, exchange })
}

/** The provider takes no such payment, and says why. */
interface NoIntent {
  readonly refused: string
}

/** The second beat. */
async function call(providers: Providers, { payment, exchange: { operation } }: Question): Promise<Intent | NoIntent> {
  const { id: paymentId, providerRef: ref, instrument, amount, currency, method, capture } = payment
  const provider = providerOf(providers, payment.provider)
  if (operation === 'create') {
    const wish = { key: intentKey(payment), amount, currency, method, capture, paymentId }
    return provider.createIntent(wish).catch((error: unknown) => {
      if (error instanceof ProviderRefused) return { refused: error.code }
      throw error
    })
  }
  if (ref === null) throw new Error(`payment ${payment.id} has no name at its provider`)
  if (operation === 'cancel') return provider.cancelIntent(ref)
  if (operation === 'capture') return provider.captureIntent(ref)
  if (operation === 'confirm' && instrument !== null) return providers.sandbox.confirmIntent(ref, instrument, method)
  return provider.fetchIntent(ref)
}

/** Made of what is written down before the call, so that a repetition is known as one. */
const intentKey = (payment: PaymentRow) => `pi:${payment.id}`

/**
 * Which attempt of ours a provider means: by its name for it; or by ours in its books, when its answer never reached us.
 * Null when it is none.
 */
export async function ourPayment(outside: Outside, provider: ProviderName, ref: string): Promise<string | null> {
  const { orm } = outside.database
  const known = await paymentByProviderRef(orm, provider, ref)
  if (known) return known.id
  const { paymentId } = await providerOf(outside.providers, provider).fetchIntent(ref)
  return paymentId !== null && (await paymentExists(orm, paymentId)) ? paymentId : null
}
