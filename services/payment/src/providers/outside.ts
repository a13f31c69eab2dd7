import type { Database } from '@tikitu/runtime/database'
import type { Logger } from '@tikitu/runtime/log'
import { accept } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { logExchange, type Exchange } from '../payment-log/payment-log.ts'
import { ProviderUnavailable, type Providers } from './provider.ts'

/** What is needed to call a provider between transactions. */
export interface Outside {
  readonly database: Database
  readonly providers: Providers
  readonly log: Logger
}

/** Calls a provider, outside of any transaction. That no answer came is written down before it is thrown on. */
export async function callProvider<Answer>(
  { database }: Outside,
  exchange: Exchange,
  call: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof ProviderUnavailable) {
      await transact(database, async (tx, at) => {
        await logExchange(tx, { ...exchange, kind: 'NO_ANSWER', body: { error: error.message }, at })
        return accept()
      })
    }
    throw error
  }
}
