import type { PoolClient } from 'pg'
import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import { inTransaction, withCommit } from '../transaction.ts'
import { arrivedOfTypes, hasArrived, settling, takeLanes, type ArrivedOfType } from './inbox.sql.ts'
import type { Subscription } from './on.ts'

/** So long events wait for others to be handled with, after those before; in milliseconds. */
const TOGETHER_EVERY_MILLISECONDS = 250

/** How long lanes handle them one by one after they could not be handled together, in milliseconds. */
const ONE_BY_ONE_MILLISECONDS = 60_000

/** What an inbox is handled with. */
export interface ManyOptions {
  readonly database: Database
  readonly subscriptions: readonly Subscription[]
  readonly log: Logger
  /** A handler that takes longer has hung, in milliseconds. */
  readonly handlerMilliseconds: number
}

/** Handles the events whose order does not matter, many in one transaction. */
export interface Many {
  /** Types that no lane handles now. What has failed before is the lanes' in any case. */
  ownTypes(): readonly string[]
  /** Handles what has arrived. Resolves to the time until it wants to look again, in milliseconds; undefined for none. */
  handle(): Promise<number | undefined>
}

/**
 * What is handled together is so in one transaction, in which no lane is handled elsewhere: each event has its effect once.
 * When that fails, the lanes handle those events one by one for a while, and the guilty one shows.
 */
export function manyOf({ database, subscriptions, log, handlerMilliseconds }: ManyOptions): Many {
  const types = typesOf(subscriptions)
  let oneByOneUntil = -Infinity
  let notBefore = -Infinity
  const ownTypes = () => (performance.now() < oneByOneUntil ? [] : types)

  return {
    ownTypes,
    async handle() {
      if (ownTypes().length === 0) return undefined
      const wait = notBefore - performance.now()
      if (wait > 0) return wait
      if (!(await hasArrived(database.pool, types))) return undefined
      notBefore = performance.now() + TOGETHER_EVERY_MILLISECONDS
      try {
        await inTransaction(database, async (tx, { connection }) => {
          const events = await arrivedOfTypes(connection, await takeLanes(connection), types)
          if (events.length === 0) return
          await beforeDeadline(connection, handlerMilliseconds, async () => {
            for (const ofType of Map.groupBy(events, ({ type, version }) => `${type} ${version}`).values()) {
              for (const subscription of handlersOf(subscriptions, ofType)) {
                await subscription.handleMany?.(
                  tx,
                  ofType.map(({ data }) => data),
                )
              }
            }
          })
          withCommit(tx, settling(events.map(({ sequence }) => sequence)))
        })
      } catch (error) {
        log.warn({ err: error }, 'events could not be handled together and are handled one by one')
        oneByOneUntil = performance.now() + ONE_BY_ONE_MILLISECONDS
      }
      return TOGETHER_EVERY_MILLISECONDS
    },
  }
}

/** Those of which every handler takes many. */
function typesOf(subscriptions: readonly Subscription[]): string[] {
  const byType = Map.groupBy(subscriptions, ({ type }) => type)
  return [...byType].filter(([, all]) => all.every(({ handleMany }) => handleMany)).map(([type]) => type)
}

function handlersOf(
  subscriptions: readonly Subscription[],
  [event]: readonly ArrivedOfType[],
): readonly Subscription[] {
  const handlers = subscriptions.filter(({ type, version }) => type === event?.type && version === event.version)
  if (handlers.length === 0) throw new Error(`no handler for version ${event?.version} of ${event?.type}`)
  return handlers
}

/** As for one event: only without its connection is it impossible that a handler which hung comes back and writes. */
async function beforeDeadline(connection: PoolClient, milliseconds: number, handle: () => Promise<void>) {
  const { promise: deadline, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    void connection.end()
    reject(new Error(`the handlers did not finish within ${milliseconds} ms`))
  }, milliseconds)
  try {
    await Promise.race([handle(), deadline])
  } finally {
    clearTimeout(timer)
  }
}
