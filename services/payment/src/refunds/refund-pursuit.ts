import type { Transaction } from '@tikitu/runtime/database'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { logExchange, type Exchange } from '../payment-log/payment-log.ts'
import { callProvider, type Outside } from '../providers/outside.ts'
import { providerOf } from '../providers/provider.ts'
import { attemptDue, nextAttemptAt } from './refund.rules.ts'
import { moveRefund, refundForUpdate } from './refund.sql.ts'
import { settleRefund } from './refund-settlement.ts'

/**
 * Makes the attempt at a refund that is due, if one is, in three beats: write down what will be asked, ask, write down
 * the answer. May be called by anybody, at once, again, and after a crash between any two beats.
 * Throws `ProviderUnavailable` when no answer came; then it is to be called again later.
 */
export async function pursueRefund(outside: Outside, refundId: string): Promise<void> {
  const question = accepted(await transact(outside.database, (tx, at) => ask(tx, refundId, at)))
  if (!question) return
  const { attempt, exchange, wish, askedAs } = question
  const provider = providerOf(outside.providers, exchange.provider)
  const { answer, said } = await callProvider(outside, exchange, () =>
    askedAs === null ? provider.refundIntent(wish) : provider.fetchRefund(askedAs),
  )
  await transact(outside.database, async (tx, at) => {
    await settleRefund(tx, { refundId, attempt, answer, at })
    await logExchange(tx, { ...exchange, kind: 'ANSWER', body: { ...answer, said }, at })
    return accept()
  })
}

/** What to ask the provider about a refund. */
interface Question {
  readonly attempt: number
  /** The provider's name for this attempt, when it has said that it is on its way; null to ask for it. */
  readonly askedAs: string | null
  readonly exchange: Exchange
  readonly wish: { readonly key: string; readonly ref: string; readonly amount: number; readonly currency: string }
}

async function ask(tx: Transaction, refundId: string, at: Date) {
  const found = await refundForUpdate(tx, refundId)
  const attempt = found && attemptDue(found.refund, found.payment, at)
  if (!found || attempt === null) return accept(null)
  const { refund, payment } = found
  if (payment.providerRef === null) throw new Error(`payment ${payment.id} has no name at its provider`)

  const askedAs = refund.status === 'PROCESSING' ? refund.providerRef : null
  const changes = { attempt, failureCode: null, checkAt: nextAttemptAt(at, attempt) }
  const named = askedAs === null ? { ...changes, providerRef: null } : changes
  await moveRefund(tx, refundId, { on: 'the provider is asked' }, named)
  const wish = {
    // Made of what is written down before the call, so that a repetition is known as one.
    key: `rf:${refundId}:${attempt}`,
    ref: payment.providerRef,
    amount: refund.amount,
    currency: refund.currency,
  }
  const exchange: Exchange = { paymentId: payment.id, refundId, provider: payment.provider, operation: 'refund' }
  await logExchange(tx, { ...exchange, kind: 'REQUEST', body: wish, at })
  return accept<Question>({ attempt, askedAs, exchange, wish })
}
