import type { Database } from './database.ts'
import type { Identity } from './identity.ts'
import type { Logger } from './log.ts'
import type { Change } from './live/room.ts'
import { toUnion, type Refusal } from './outcome.ts'
import type { Settings } from './settings.ts'
import { transact, type Work } from './transact.ts'

/** What every resolver is given. */
export interface RequestContext {
  /** Who is asking, verified. */
  readonly identity: Identity
  /** The id of the request at the gateway. */
  readonly requestId: string
  /** The service's own database. */
  readonly database: Database
  /** The platform's settings in force. */
  readonly settings: Settings
  /** Logs with the request id. */
  readonly log: Logger
  /**
   * In a subscription: yields at once, and then whenever the thing has changed, until whoever subscribed is gone. Look
   * at the thing after each. Elsewhere it never yields.
   */
  readonly watch: (change: Change) => AsyncIterable<void>
}

/**
 * Runs a verb in one transaction and answers with the union member that came of it: `typename` with the value's fields
 * when it was accepted and committed, or the refusal, rolled back.
 */
export async function mutate<Value extends object, No extends Refusal, const Typename extends string>(
  context: RequestContext,
  typename: Typename,
  work: Work<Value, No>,
) {
  const outcome = await transact(context.database, work)
  if (!outcome.ok) context.log.info({ refusal: outcome.refusal, facts: outcome.facts }, 'refused')
  return toUnion(outcome, typename)
}
