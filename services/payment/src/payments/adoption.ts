import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import type { Outside } from '../providers/outside.ts'
import { PROVIDER_NAMES, type ListedIntent, type ProviderName } from '../providers/provider.ts'
import { requestForUpdate } from '../requests/request.sql.ts'
import { insertEndedPayment, paymentExists } from './payment.sql.ts'
import { pursuePayment } from './pursuit.ts'

/**
 * Takes down every attempt that a provider knows of since an instant and we do not, and makes our books agree with what
 * became of it: for a database that was restored to that instant. Throws when there was one whose booking has not told us
 * of itself again yet; then it is to be called again later, which it may always be.
 */
export async function adoptForgotten(outside: Outside, since: Date): Promise<void> {
  const early: string[] = []
  for (const name of PROVIDER_NAMES) {
    const provider = outside.providers[name]
    let after: string | undefined
    do {
      const page = await provider?.intentsSince(since, after)
      for (const intent of page?.intents ?? []) if (!(await adopt(outside, name, intent))) early.push(intent.paymentId)
      after = page?.next
    } while (after !== undefined)
  }
  if (early.length > 0) throw new Error(`nobody has asked for the money of ${early.join(', ')} yet`)
}

/** False when nobody has asked for its money. */
async function adopt(outside: Outside, provider: ProviderName, intent: ListedIntent): Promise<boolean> {
  const { ref: providerRef, paymentId, bookingId, amount, currency, method } = intent
  const { database, log } = outside
  if (await paymentExists(database.orm, paymentId)) return true
  const isAdopted = accepted(
    await transact(database, async (tx, at) => {
      const request = await requestForUpdate(tx, bookingId)
      if (!request || (await paymentExists(tx, paymentId))) return accept(request !== null)
      const { payerId, partnerId } = request
      const money = { amount, currency, method, provider, providerRef }
      // Over, so that it is in nobody's way who pays meanwhile; what the provider has taken is acknowledged all the same.
      await insertEndedPayment(tx, {
        id: paymentId,
        bookingId,
        payerId,
        partnerId,
        ...money,
        checkAt: at,
        createdAt: at,
      })
      return accept(true)
    }),
  )
  if (!isAdopted) return false
  log.warn({ paymentId, bookingId, providerRef }, 'an attempt was forgotten and is known again')
  await pursuePayment(outside, paymentId, { evenOver: true })
  return true
}
