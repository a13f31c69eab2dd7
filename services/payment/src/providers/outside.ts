import type { Database } from '@tikitu/runtime/database'
import type { Logger } from '@tikitu/runtime/log'
import { accept } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import type { Json } from '../payment-log/log.rules.ts'
import { logExchange, type Exchange } from '../payment-log/payment-log.ts'
import { ProviderUnavailable, type Providers } from './provider.ts'
import { overhearing } from './stripe/calls.ts'

/** What is needed to call a provider between transactions. */
export interface Outside {
  readonly database: Database
  readonly providers: Providers
  readonly log: Logger
}

/** What came of a call to a provider. */
export interface Answered<Answer> {
  readonly answer: Answer
  /** Every request and answer on the wire, in order, for the payment log. */
  readonly said: readonly Json[]
}

/** Calls a provider, outside of any transaction. That no answer came is written down before it is thrown on. */
export async function callProvider<Answer>(
  { database }: Outside,
  exchange: Exchange,
  call: () => Promise<Answer>,
): Promise<Answered<Answer>> {
  const said: Json[] = []
  try {
    return { answer: await overhearing(said, call), said }
  } catch (error) {
    if (error instanceof ProviderUnavailable) {
      await transact(database, async (tx, at) => {
        await logExchange(tx, { ...exchange, kind: 'NO_ANSWER', body: { error: error.message, said }, at })
        return accept()
      })
    }
    throw error
  }
}
