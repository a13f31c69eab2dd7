import { accept } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { logExchange } from '../payment-log/payment-log.ts'
import type { Json } from '../payment-log/log.rules.ts'
import { ourPayment, pursuePayment } from '../payments/pursuit.ts'
import type { Outside } from '../providers/outside.ts'
import {
  PROVIDER_NAMES,
  providerOf,
  type IntentDispute,
  type PaymentProvider,
  type ProviderName,
} from '../providers/provider.ts'
import { overhearing } from '../providers/stripe/calls.ts'
import { noteDispute, STATUS_OF } from './disputes.ts'
import { knownDisputes } from './dispute.sql.ts'

/** A dispute as the provider has it, and where that was said. */
interface Said {
  readonly provider: ProviderName
  readonly dispute: IntentDispute
  readonly said: readonly Json[]
}

/** Asks the provider how a dispute stands, and makes our books agree. One that is about none of ours is left alone. */
export async function followDispute(outside: Outside, provider: ProviderName, ref: string): Promise<void> {
  const said: Json[] = []
  const dispute = await overhearing(said, () => providerOf(outside.providers, provider).fetchDispute(ref))
  await agree(outside, { provider, dispute, said })
}

const DAY_MILLISECONDS = 86_400_000

/**
 * Asks each provider for every dispute that was opened in the last `days`, and follows those that stand otherwise than we
 * know: their webhooks were lost. One that fails is logged, and looked at again by the next run.
 */
export async function findDisputes(outside: Outside, { at, days }: { readonly at: Date; readonly days: number }) {
  const since = new Date(at.getTime() - days * DAY_MILLISECONDS)
  for (const name of PROVIDER_NAMES) {
    const provider = outside.providers[name]
    if (!provider) continue
    await findAt(outside, { name, provider, since }).catch((error: unknown) =>
      outside.log.warn({ err: error, provider: name }, 'a provider could not be asked for disputes'),
    )
  }
}

interface Asked {
  readonly name: ProviderName
  readonly provider: PaymentProvider
  readonly since: Date
}

async function findAt(outside: Outside, { name, provider, since }: Asked): Promise<void> {
  const { database, log } = outside
  const all = await provider.disputesSince(since)
  const refs = all.map(({ ref }) => ref)
  const known = await knownDisputes(database.orm, name, refs)
  for (const dispute of all) {
    const before = known.get(dispute.ref)
    const now = STATUS_OF[dispute.state]
    if (before === now) continue
    if (before !== undefined && before !== 'OPEN') {
      log.error(
        { provider: name, dispute: dispute.ref, before, now },
        'a dispute that was decided is decided otherwise',
      )
      continue
    }
    await agree(outside, { provider: name, dispute, said: [] }).catch((error: unknown) =>
      log.warn({ err: error, provider: name, dispute: dispute.ref }, 'a dispute could not be followed'),
    )
  }
}

async function agree(outside: Outside, { provider, dispute, said }: Said): Promise<void> {
  const paymentId = await ourPayment(outside, provider, dispute.intentRef)
  if (paymentId === null) return
  // First the money that is disputed: its own webhook may not have come.
  await pursuePayment(outside, paymentId, { evenOver: true })
  const body: Json = { ...dispute, dueBy: dispute.dueBy?.toISOString() ?? null, said }
  await transact(outside.database, async (tx, at) => {
    await noteDispute(tx, { paymentId, dispute, at })
    await logExchange(tx, { paymentId, refundId: null, provider, operation: 'fetch', kind: 'ANSWER', body, at })
    return accept()
  })
}
