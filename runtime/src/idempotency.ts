import { hash } from 'node:crypto'
import { and, eq, lt, sql } from 'drizzle-orm'
import { pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Database, Transaction } from './database.ts'
import { Fault } from './fault.ts'
import { accept, refuse, type Outcome, type Refusal } from './outcome.ts'

/** What each caller's idempotency keys led to. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    caller: text('caller').notNull(),
    key: text('key').notNull(),
    operation: text('operation').notNull(),
    requestHash: text('request_hash').notNull(),
    resourceId: uuid('resource_id').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.caller, table.key] })],
)

/** A wish that must not come true twice. */
export interface Wish {
  /** Who wishes: a user id or an app client. */
  readonly caller: string
  /** The client's key; the caller's own namespace. */
  readonly key: string
  /** The mutation's name. */
  readonly operation: string
  /** Everything that the client asked for, the key aside. */
  readonly request: unknown
}

/** The same key came before with another request. */
export type IdempotencyKeyReused = Refusal<'IdempotencyKeyReused', { idempotencyKey: string }>

/**
 * Does `work` once for each key: a repetition gets the id of the first one's result, the same key with another request
 * is refused, and a key whose first request is still in flight is the fault CONFLICT. What was refused is not remembered.
 * Runs in the transaction of the effect, so that both commit or neither.
 */
export async function onceForKey<No extends Refusal>(
  tx: Transaction,
  wish: Wish,
  work: () => Promise<Outcome<{ id: string }, No>>,
): Promise<Outcome<{ id: string; repeated: boolean }, No | IdempotencyKeyReused>> {
  await lockKey(tx, wish)
  const requestHash = hashOf(wish)
  const [known] = await tx
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.caller, wish.caller), eq(idempotencyKeys.key, wish.key)))
  if (known) {
    if (known.requestHash === requestHash) return accept({ id: known.resourceId, repeated: true })
    return refuse('IdempotencyKeyReused', 'This idempotency key was used for another request.', {
      idempotencyKey: wish.key,
    })
  }
  const outcome = await work()
  if (!outcome.ok) return outcome
  const { caller, key, operation } = wish
  await tx.insert(idempotencyKeys).values({ caller, key, operation, requestHash, resourceId: outcome.value.id })
  return accept({ id: outcome.value.id, repeated: false })
}

/** The same of a mutation whose key may be left out: without one, `work` is done each time. */
export async function onceIfKeyed<No extends Refusal>(
  tx: Transaction,
  { key, ...wish }: Omit<Wish, 'key'> & { readonly key: string | null | undefined },
  work: () => Promise<Outcome<{ id: string }, No>>,
): Promise<Outcome<{ id: string }, No | IdempotencyKeyReused>> {
  return key == null ? work() : onceForKey(tx, { ...wish, key }, work)
}

async function lockKey(tx: Transaction, { caller, key }: Wish): Promise<void> {
  const { rows } = await tx.execute<{ locked: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`${caller}\n${key}`}, 0)) as locked`,
  )
  if (!rows[0]?.locked) throw new Fault('CONFLICT', 'The same request is being worked on. Ask again for its answer.')
}

function hashOf({ operation, request }: Wish): string {
  return hash('sha256', JSON.stringify([operation, canonical(request)]), 'hex')
}

/** The same request whatever the order in which a client wrote its fields. */
function canonical(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, field]) => [name, canonical(field)])
}

/** Forgets keys older than so many hours. */
export async function forgetKeys(database: Database, hours: number): Promise<void> {
  await database.orm
    .delete(idempotencyKeys)
    .where(lt(idempotencyKeys.createdAt, sql`now() - make_interval(hours => ${hours})`))
}
