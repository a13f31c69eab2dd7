import type { Database, Transaction } from '@tikitu/runtime/database'
import { sendJob } from '@tikitu/runtime/jobs'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { followDispute } from '../disputes/following.ts'
import { FollowWebhook } from '../jobs.ts'
import { logWebhook } from '../payment-log/payment-log.ts'
import { isGood } from '../payments/payment.rules.ts'
import { untilAnswered } from '../payments/asking.ts'
import { paymentByProviderRef } from '../payments/payment.sql.ts'
import { ourPayment, pursuePayment } from '../payments/pursuit.ts'
import type { Outside } from '../providers/outside.ts'
import type { ProviderEvent, ProviderName } from '../providers/provider.ts'
import { refundByProviderRef } from '../refunds/refund.sql.ts'
import { pursueRefund } from '../refunds/refund-pursuit.ts'
import { isFresh } from './webhook.rules.ts'

/** How long a webhook waits for an answer to what we are asking about the same, in milliseconds. */
const ANSWER_MILLISECONDS = 2_000

/** What came of a webhook: taken down, known before, or too old to be anything but a replay. */
export type Received = 'taken' | 'known' | 'stale'

/**
 * Takes down what a provider told, which has been seen to come from it, and leaves it to a job to ask the provider how
 * things stand. A replay leaves nothing behind; an event that was told before changes nothing.
 */
export async function receiveWebhook(
  database: Database,
  provider: ProviderName,
  event: ProviderEvent,
): Promise<Received> {
  // Mostly it tells what we are just being answered, and then there is nothing to ask.
  if (event.about?.kind === 'intent') await untilAnswered(event.about.ref, ANSWER_MILLISECONDS)
  const received = await transact(database, async (tx, at) => {
    if (!isFresh(event.signedAt, at)) return accept<Received>('stale')
    const isNew = await logWebhook(tx, { provider, eventId: event.id, body: event.body, at })
    if (!isNew) return accept<Received>('known')
    const { about } = event
    if (about && !(await isNoNews(tx, provider, about))) {
      await sendJob(tx, FollowWebhook, { provider, kind: about.kind, ref: about.ref })
    }
    return accept<Received>('taken')
  })
  return accepted(received)
}

/** An intent that has taken its money has nothing more to tell, whatever the webhook says. */
async function isNoNews(
  tx: Transaction,
  provider: ProviderName,
  { kind, ref }: NonNullable<ProviderEvent['about']>,
): Promise<boolean> {
  if (kind !== 'intent') return false
  const payment = await paymentByProviderRef(tx, provider, ref)
  return payment !== null && isGood(payment.status)
}

/** What a webhook was about, by the provider's names and nothing else of it. */
export interface Followed {
  readonly provider: ProviderName
  readonly kind: 'intent' | 'refund' | 'dispute'
  readonly ref: string
}

/** Asks the provider how what a webhook was about stands now, and makes our books agree. What is none of ours is left alone. */
export async function followWebhook(outside: Outside, { provider, kind, ref }: Followed): Promise<void> {
  if (kind === 'dispute') return followDispute(outside, provider, ref)
  if (kind === 'refund') {
    const refundId = await refundByProviderRef(outside.database.orm, provider, ref)
    return refundId === null ? undefined : pursueRefund(outside, refundId)
  }
  const paymentId = await ourPayment(outside, provider, ref)
  if (paymentId !== null) await pursuePayment(outside, paymentId, { evenOver: true })
}
