import { newId } from '@tikitu/runtime/ids'
import type { Logger } from '@tikitu/runtime/log'
import { GraphQLError } from 'graphql'
import { callerOf } from '../identity/caller.ts'
import { identitySigner } from '../identity/signer.ts'
import type { GraphqlRequest } from '../edge/graphql-request.ts'
import type { Subscribe } from '../engine/engine.ts'
import type { Session } from './session.ts'

/** Starts the subscriptions of callers who stay connected. */
export interface Subscriptions {
  /**
   * The answers of a subscription as JSON, until the signal is aborted or the session ends; then it ends without a word.
   * Throws what is wrong with the request, as for a query.
   */
  start(asked: GraphqlRequest, session: Session, log: Logger, gone: AbortSignal): Promise<AsyncIterable<string>>
}

/** What subscriptions are started with. */
export interface SubscriptionOptions {
  /** Undefined when the engine has none. */
  readonly subscribe: Subscribe | undefined
  readonly identitySecret: string
  /** How long an event may take to be answered, in milliseconds. */
  readonly requestTimeoutMilliseconds: number
}

/** Subscriptions over an engine. Whoever starts one has let it in before. */
export function subscriptions({
  subscribe,
  identitySecret,
  requestTimeoutMilliseconds,
}: SubscriptionOptions): Subscriptions {
  const sign = identitySigner(identitySecret)
  return {
    start: async ({ query, variables, operationName }, session, log, gone) => {
      if (!subscribe) throw new GraphQLError('This gateway runs on an engine without subscriptions.')
      const signal = AbortSignal.any([gone, session.ended])
      return subscribe({
        query,
        variables,
        operationName,
        signal,
        callerNow: () => ({
          ...callerOf(session.identity, sign, log, {
            deadlineAt: performance.now() + requestTimeoutMilliseconds,
            hasLeft: () => signal.aborted,
          }),
          // What is under way may be older than the event.
          key: newId(),
        }),
      })
    },
  }
}
