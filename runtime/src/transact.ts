import { sqlState, type Database, type Transaction } from './database.ts'
import type { Outcome, Refusal } from './outcome.ts'
import { inTransaction } from './transaction.ts'

/** What a transaction is given beside `tx`. */
export type Work<Value, No extends Refusal> = (tx: Transaction, at: Date) => Promise<Outcome<Value, No>>

/** How often a transaction is begun anew after a serialisation failure or a deadlock. */
const ATTEMPTS_MAX = 3

/**
 * Runs `work` in one transaction: an accepted outcome commits, a refusal and a fault roll back. `at` is the
 * database's clock, read once. A deadlock or serialisation failure is tried again with a fresh transaction.
 */
export async function transact<Value, No extends Refusal>(
  database: Database,
  work: Work<Value, No>,
): Promise<Outcome<Value, No>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(database, work)
    } catch (error) {
      if (error instanceof RolledBack) return error.refusal as No
      const state = sqlState(error)
      if (attempt >= ATTEMPTS_MAX || (state !== '40001' && state !== '40P01')) throw error
    }
  }
}

/** Carries a refusal out of the transaction, which rolls back only when something is thrown. */
class RolledBack extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.refusal)
    this.refusal = refusal
  }
}

async function once<Value, No extends Refusal>(database: Database, work: Work<Value, No>): Promise<Outcome<Value, No>> {
  return inTransaction(database, async (tx, { at }) => {
    const outcome = await work(tx, at)
    if (!outcome.ok) throw new RolledBack(outcome)
    return outcome
  })
}
