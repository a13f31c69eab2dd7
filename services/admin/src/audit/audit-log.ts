import { actorOf, type AuditFact } from '@tikitu/runtime/audit'
import type { Database, Transaction } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import type { AuditRecorded } from '@tikitu/schema/events/admin'
import type { EventData } from '@tikitu/schema/events/define'
import { takeTurn } from '../turns/turn.sql.ts'
import { brokenAtEnd, CHAIN_START, continues, type Link } from './audit.rules.ts'
import {
  entriesAfter,
  entriesBySearch,
  headOf,
  insertEntry,
  isRecorded,
  type AuditRow,
  type AuditSearch,
} from './audit.sql.ts'
import { chainHash } from './chain.ts'

/** Writes down what another service told. Repeating it changes nothing. */
export async function recordEvent(tx: Transaction, data: EventData<typeof AuditRecorded>): Promise<void> {
  const { auditId, actor, action, resource, before, after, requestId, ip, at } = data
  await append(tx, {
    id: auditId,
    actorKind: actor.kind,
    actorId: actor.id,
    action,
    resourceType: resource.type,
    resourceId: resource.id,
    before,
    after,
    requestId,
    ip,
    at: new Date(at),
  })
}

/** Writes down what was done in this service, in the transaction of the deed, and after its other statements. */
export async function recordDeed(tx: Transaction, identity: Identity, fact: AuditFact): Promise<void> {
  const actor = actorOf(identity)
  await append(tx, {
    id: newId(),
    actorKind: actor.kind,
    actorId: actor.id,
    action: fact.action,
    resourceType: fact.resource.type,
    resourceId: fact.resource.id,
    before: fact.before ?? null,
    after: fact.after ?? null,
    requestId: identity.requestId,
    ip: identity.ip,
    at: fact.at,
  })
}

/** One at a time, so that the numbers have no gap and each hash knows the one before. */
async function append(tx: Transaction, entry: Omit<AuditRow, 'sequence' | 'hash'>): Promise<void> {
  await takeTurn(tx)
  if (await isRecorded(tx, entry.id)) return
  const head = await headOf(tx)
  const next = { ...entry, sequence: head.sequence + 1 }
  await insertEntry(tx, { ...next, hash: chainHash(head.hash, next) })
}

/** Entries that fit the search, the newest first. Does not know who asks. */
export function findEntries({ orm }: Database, search: AuditSearch): Promise<AuditRow[]> {
  return entriesBySearch(orm, search)
}

/** What walking the whole chain came to. */
export interface Verification {
  /** How many entries fit. */
  readonly entries: number
  /** The first that does not, or is missing; null when the chain is whole. */
  readonly firstBrokenSequence: number | null
}

/** How many entries are in memory at once. */
const BATCH_ENTRIES = 1_000

/** Walks the whole chain from the first entry, in batches, while it may grow at its end. */
export async function verifyAuditLog({ orm }: Database): Promise<Verification> {
  let link: Link = CHAIN_START
  for (;;) {
    // Read before the entries: what is appended in between is found by the next turn of the loop.
    const head = await headOf(orm)
    const entries = await entriesAfter(orm, link.sequence, BATCH_ENTRIES)
    if (entries.length === 0) return { entries: link.sequence, firstBrokenSequence: brokenAtEnd(link, head) }
    for (const entry of entries) {
      if (!continues(link, entry, chainHash(link.hash, entry))) {
        return { entries: link.sequence, firstBrokenSequence: link.sequence + 1 }
      }
      link = entry
    }
  }
}
