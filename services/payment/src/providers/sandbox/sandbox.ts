import { randomBytes } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import type { Database } from '@tikitu/runtime/database'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import type { Intent, IntentRefund, SandboxProvider } from '../provider.ts'
import { INSTRUMENTS } from './instruments.ts'
import { sandboxIntents, sandboxRefunds } from './tables.ts'

/**
 * A processor of play money. It keeps books of its own, commits by itself and knows nothing of payments, so whatever
 * happens to the service in the middle of something, what it did stays done, as with a real processor.
 */
export function openSandbox(database: Database): SandboxProvider {
  const { orm } = database

  return {
    instruments: [...INSTRUMENTS.keys()],

    async createIntent({ key, amount, currency }) {
      const ref = newRef('pi')
      const clientSecret = `${ref}_secret_${randomBytes(18).toString('base64url')}`
      await orm
        .insert(sandboxIntents)
        .values({ ref, key, clientSecret, amount, currency, state: 'open' })
        .onConflictDoNothing({ target: sandboxIntents.key })
      const [intent] = await orm.select().from(sandboxIntents).where(eq(sandboxIntents.key, key))
      if (intent?.amount !== amount || intent.currency !== currency) throw new KeyReused(key)
      return intentOf(intent)
    },

    fetchIntent: read,

    async cancelIntent(ref) {
      await orm
        .update(sandboxIntents)
        .set({ state: 'cancelled' })
        .where(and(eq(sandboxIntents.ref, ref), eq(sandboxIntents.state, 'open')))
      return read(ref)
    },

    async confirmIntent(ref, instrument) {
      const failureCode = INSTRUMENTS.get(instrument)
      if (failureCode === undefined) throw new Error('the sandbox has no such instrument')
      await orm
        .update(sandboxIntents)
        .set({ state: failureCode === null ? 'succeeded' : 'failed', failureCode })
        .where(and(eq(sandboxIntents.ref, ref), eq(sandboxIntents.state, 'open')))
      return read(ref)
    },

    async refundIntent({ key, ref, amount, currency }) {
      const outcome = await transact(database, async (tx) => {
        const [intent] = await tx.select().from(sandboxIntents).where(eq(sandboxIntents.ref, ref)).for('update')
        if (!intent) throw new NoSuchIntent(ref)
        const [known] = await tx.select().from(sandboxRefunds).where(eq(sandboxRefunds.key, key))
        if (known) {
          if (known.intentRef !== ref || known.amount !== amount) throw new KeyReused(key)
          return accept(known)
        }
        const failureCode = whyNotRefunded(intent, { amount, currency })
        const refund = {
          ref: newRef('re'),
          key,
          intentRef: ref,
          amount,
          state: failureCode === null ? ('succeeded' as const) : ('failed' as const),
          failureCode,
        }
        await tx.insert(sandboxRefunds).values(refund)
        if (failureCode === null) {
          await tx
            .update(sandboxIntents)
            .set({ refunded: sql`${sandboxIntents.refunded} + ${amount}` })
            .where(eq(sandboxIntents.ref, ref))
        }
        return accept(refund)
      })
      return refundOf(accepted(outcome))
    },

    async fetchRefund(ref) {
      const [refund] = await orm.select().from(sandboxRefunds).where(eq(sandboxRefunds.ref, ref))
      if (!refund) throw new Error(`the sandbox has no refund ${ref}`)
      return refundOf(refund)
    },

    async fetchDispute(ref) {
      throw new Error(`the sandbox has no dispute ${ref}`)
    },
  }

  async function read(ref: string): Promise<Intent> {
    const [intent] = await orm.select().from(sandboxIntents).where(eq(sandboxIntents.ref, ref))
    if (!intent) throw new NoSuchIntent(ref)
    return intentOf(intent)
  }
}

type IntentRow = typeof sandboxIntents.$inferSelect

const newRef = (kind: 'pi' | 're') => `${kind}_${randomBytes(12).toString('hex')}`

function intentOf({ ref, clientSecret, amount, currency, state, failureCode }: IntentRow): Intent {
  return { ref, clientSecret, amount, currency, state, failureCode }
}

function refundOf({ ref, state, failureCode }: IntentRefund): IntentRefund {
  return { ref, state, failureCode }
}

function whyNotRefunded(intent: IntentRow, refund: { amount: number; currency: string }): string | null {
  if (intent.state !== 'succeeded') return 'charge_not_captured'
  if (refund.currency !== intent.currency) return 'currency_mismatch'
  return intent.refunded + refund.amount > intent.amount ? 'amount_too_large' : null
}

/** One key, two wishes: a mistake of ours that no repetition mends. */
class KeyReused extends Error {
  constructor(key: string) {
    super(`the idempotency key ${key} was used for something else`)
    this.name = 'KeyReused'
  }
}

class NoSuchIntent extends Error {
  constructor(ref: string) {
    super(`the sandbox has no intent ${ref}`)
    this.name = 'NoSuchIntent'
  }
}
