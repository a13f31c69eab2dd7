import type { Transaction } from '@tikitu/runtime/database'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import type { Json, Operation } from '../payment-log/log.rules.ts'
import type { LogLine } from '../payment-log/log.sql.ts'
import { logExchanges, type Exchange } from '../payment-log/payment-log.ts'
import { callProvider, type Outside } from '../providers/outside.ts'
import {
  providerOf,
  ProviderRefused,
  ProviderUnavailable,
  type Intent,
  type ProviderName,
  type Providers,
} from '../providers/provider.ts'
import { whileAsking } from './asking.ts'
import { decideNextStep, isGood, nextCheckAt, type NextStep } from './payment.rules.ts'
import {
  paymentByProviderRef,
  paymentExists,
  standingForUpdate,
  updatePayment,
  type PaymentRow,
  type Standing,
} from './payment.sql.ts'
import { failUnbegun, settlePayment } from './settlement.ts'

/** More steps than any attempt has; beyond it something repeats for ever. */
const STEPS_MAX = 5

/**
 * Takes an attempt as far as the provider lets it go, in steps of three beats: write down what will be asked, ask,
 * write down the answer, and with it what will be asked next. What is next is read from the attempt, so that this may be
 * called by anybody, at once, again, and after a crash between any two beats. `poll` also asks about an attempt that waits
 * for its buyer; `evenOver` about one that came to nothing too, because a provider may have taken its money all the same.
 * Throws `ProviderUnavailable` when no answer came; then it is to be called again later.
 */
export async function pursuePayment(
  outside: Outside,
  paymentId: string,
  { poll = false, evenOver = false } = {},
): Promise<void> {
  const mayPoll: Poll = evenOver ? 'over' : poll ? 'open' : 'no'
  const question = accepted(
    await transact(outside.database, async (tx, at) =>
      accept(await nextQuestion(tx, { paymentId, poll: mayPoll, at })),
    ),
  )
  if (question) await askUntilItRests(outside, question, mayPoll)
}

/** An attempt that was just given something to ask. */
export interface Begun {
  readonly id: string
  /** How it stands, locked; null when whoever began does not know. */
  readonly standing: Standing | null
}

/**
 * The first beat, for a transaction that has just given an attempt something to ask: what it is, written down; null when
 * there is nothing. Ask it with `pursueNow` once that is committed.
 */
export function firstQuestion(tx: Transaction, { id, standing }: Begun, at: Date): Promise<Question | null> {
  if (standing) return askNext(tx, { ...standing, poll: 'no', at }, [])
  return nextQuestion(tx, { paymentId: id, poll: 'no', at })
}

/**
 * Asks what was written down, and goes on as far as it goes now: when the provider does not answer, the reconciler goes on
 * later. Answers with the attempt as it came to rest; null when it did not.
 */
export async function pursueNow(outside: Outside, question: Question): Promise<PaymentRow | null> {
  try {
    return await askUntilItRests(outside, question, 'no')
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error
    outside.log.warn(
      { err: error, paymentId: question.payment.id },
      'a payment stands still until its provider answers',
    )
    return null
  }
}

/** The second beat and the third, and again, until nothing is to be asked. */
async function askUntilItRests(outside: Outside, first: Question, poll: Poll): Promise<PaymentRow> {
  const { id: paymentId, providerRef } = first.payment
  return whileAsking(providerRef, async () => {
    let question = first
    for (let step = 1; step <= STEPS_MAX; step++) {
      const { exchange } = question
      // Once asked, it waits until somebody asks again.
      const pollNext = exchange.operation === 'fetch' ? 'no' : poll
      const { answer, said } = await callProvider(outside, exchange, () => call(outside.providers, question))
      const { payment, next } = accepted(
        await transact(outside.database, async (tx, at) => {
          const answered = { ...exchange, kind: 'ANSWER', body: { ...answer, said }, at } as const
          const settled =
            'refused' in answer
              ? await failUnbegun(tx, { paymentId, code: answer.refused, at })
              : await settlePayment(tx, { paymentId, intent: answer, at })
          const next = await askNext(tx, { ...settled, poll: pollNext, at }, [answered])
          return accept({ payment: settled.payment, next })
        }),
      )
      if (!next) return payment
      question = next
    }
    throw new Error(`payment ${paymentId} does not come to rest`)
  })
}

/** Of which attempts the provider is asked how they stand, when nothing else is to be asked. */
type Poll = 'no' | 'open' | 'over'

/** What to ask the provider about an attempt. */
export interface Question {
  readonly payment: PaymentRow
  readonly exchange: Exchange
}

/** Locks the attempt, decides what is next and writes it down; null when nothing is. */
async function nextQuestion(
  tx: Transaction,
  { paymentId, poll, at }: { readonly paymentId: string; readonly poll: Poll; readonly at: Date },
): Promise<Question | null> {
  const standing = await standingForUpdate(tx, paymentId)
  if (!standing) throw new Error(`there is no payment ${paymentId}`)
  return askNext(tx, { ...standing, poll, at }, [])
}

/** Decides what is next for an attempt that is locked, and writes it down after the lines that come before it. */
async function askNext(
  tx: Transaction,
  { payment, request, poll, at }: Standing & { readonly poll: Poll; readonly at: Date },
  before: readonly LogLine[],
): Promise<Question | null> {
  const operation = operationFor(decideNextStep(payment, request), payment, poll)
  if (operation === null) {
    await logExchanges(tx, before)
    return null
  }
  const { id: paymentId, checks, providerRef: ref, instrument, amount, currency, provider } = payment
  const exchange: Exchange = { paymentId, refundId: null, provider, operation }
  const checkAt = nextCheckAt(at, checks)
  // What was begun or confirmed in this very transaction is looked at in time as it is.
  if (payment.checkAt < checkAt) await updatePayment(tx, paymentId, { checks: checks + 1, checkAt })
  const body: Json = operation === 'create' ? { key: intentKey(payment), amount, currency } : { ref, instrument }
  await logExchanges(tx, [...before, { ...exchange, kind: 'REQUEST', body, at }])
  return { payment, exchange }
}

/** What the provider is asked; null: nothing. */
function operationFor(step: NextStep, payment: PaymentRow, poll: Poll): Operation | null {
  if (step === 'wait') return poll === 'no' ? null : 'fetch'
  if (step !== 'done') return step
  return poll !== 'over' || payment.providerRef === null || isGood(payment.status) ? null : 'fetch'
}

/** The provider takes no such payment, and says why. */
interface NoIntent {
  readonly refused: string
}

/** The second beat. */
async function call(providers: Providers, { payment, exchange: { operation } }: Question): Promise<Intent | NoIntent> {
  const { id: paymentId, bookingId, providerRef: ref, instrument, amount, currency, method, capture } = payment
  const provider = providerOf(providers, payment.provider)
  if (operation === 'create') {
    const wish = { key: intentKey(payment), amount, currency, method, capture, paymentId, bookingId }
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
