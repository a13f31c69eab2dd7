import type { Database } from '../database.ts'

/** What to ring when something was committed to the outbox of a database, by its pool. */
const relays = new WeakMap<Database['pool'], Set<() => void>>()

/**
 * Tells the relay of this process that something was committed to the outbox. `emit` does this by itself; code that
 * calls a PL/pgSQL function which inserts into the outbox calls it after that statement. Never waits, never fails.
 */
export function wakeRelay(database: Database): void {
  for (const wake of relays.get(database.pool) ?? []) wake()
}

/** Calls `wake` on every `wakeRelay` of the database, until the returned function is called. */
export function onWake(database: Database, wake: () => void): () => void {
  const wakes = relays.get(database.pool) ?? new Set()
  relays.set(database.pool, wakes)
  wakes.add(wake)
  return () => wakes.delete(wake)
}
