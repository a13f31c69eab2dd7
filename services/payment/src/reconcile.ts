import { setTimeout as pause } from 'node:timers/promises'
import { duePayments, interruptedPayments } from './payments/payment.sql.ts'
import { pursuePayment } from './payments/pursuit.ts'
import type { Outside } from './providers/outside.ts'
import { dueRefunds } from './refunds/refund.sql.ts'
import { pursueRefund } from './refunds/refund-pursuit.ts'

/** How many payments, and how many refunds, one run looks at. What is left over is first in the next. */
const BATCH_MAX = 500

/** How many calls to a provider one run makes at once. */
const CONCURRENCY = 10

/** How long payments may lie whose pursuit was interrupted, after they are due, in milliseconds. */
const RESUME_MILLISECONDS = 2_000

/**
 * Takes up payments whose pursuit was interrupted, every two seconds until it is stopped. The attempt's own row says what
 * is to be asked and when, so that this needs no job for each payment; two instances that take up the same one ask the
 * same thing under the same key.
 */
export function keepPursuing(outside: Outside): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const loop = pursueUntil(stopping.signal, outside)
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}

async function pursueUntil(stop: AbortSignal, outside: Outside): Promise<void> {
  const { database, log } = outside
  while (!stop.aborted) {
    try {
      const interrupted = await interruptedPayments(database.orm, BATCH_MAX)
      await each(interrupted, async (paymentId) => {
        if (stop.aborted) return
        await pursuePayment(outside, paymentId).catch((error: unknown) =>
          log.warn({ err: error, paymentId }, 'a payment that was interrupted could not be taken further'),
        )
      })
    } catch (error) {
      log.warn({ err: error }, 'interrupted payments could not be looked for; the next attempt follows')
    }
    await pause(RESUME_MILLISECONDS, undefined, { signal: stop }).catch(() => undefined)
  }
}

/**
 * Looks at every payment and refund that is not final and due: whatever was interrupted between two beats, and whatever
 * the provider did without telling us, is made whole. One that fails is logged and looked at again later.
 */
export async function reconcile(outside: Outside): Promise<void> {
  const { database, log } = outside
  const payments = await duePayments(database.orm, BATCH_MAX)
  await each(payments, async (paymentId) => {
    await pursuePayment(outside, paymentId, { poll: true }).catch((error: unknown) =>
      log.warn({ err: error, paymentId }, 'a payment could not be reconciled'),
    )
  })
  const refunds = await dueRefunds(database.orm, BATCH_MAX)
  await each(refunds, async (refundId) => {
    await pursueRefund(outside, refundId).catch((error: unknown) =>
      log.warn({ err: error, refundId }, 'a refund could not be reconciled'),
    )
  })
}

async function each(ids: readonly string[], work: (id: string) => Promise<void>): Promise<void> {
  const waiting = ids.values()
  const worker = async () => {
    for (const id of waiting) await work(id)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}
