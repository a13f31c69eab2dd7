import { and, asc, desc, eq, gt, gte, inArray, lt } from 'drizzle-orm'
import type { Queryable, Transaction } from '@tikitu/runtime/database'
import { auditHead, auditLog, type AuditRow } from '../tables.ts'
import type { Link } from './audit.rules.ts'

export type { AuditRow } from '../tables.ts'

/** Whether this is written down already. */
export async function isRecorded(tx: Transaction, id: string): Promise<boolean> {
  return (await tx.$count(auditLog, eq(auditLog.id, id))) > 0
}

/** Where the audit log ends. */
export async function headOf(db: Queryable): Promise<Link> {
  const [head] = await db.select({ sequence: auditHead.sequence, hash: auditHead.hash }).from(auditHead)
  if (!head) throw new Error('the audit log has lost its head')
  return head
}

/** Writes the next entry and moves the end of the log to it. Only for whoever has the turn. */
export async function insertEntry(tx: Transaction, entry: AuditRow): Promise<void> {
  await tx.insert(auditLog).values(entry)
  await tx.update(auditHead).set({ sequence: entry.sequence, hash: entry.hash })
}

/** The next entries in the order of the chain. */
export function entriesAfter(db: Queryable, sequence: number, limit: number): Promise<AuditRow[]> {
  return db.select().from(auditLog).where(gt(auditLog.sequence, sequence)).orderBy(asc(auditLog.sequence)).limit(limit)
}

/** These entries, in no order. */
export function entriesByIds(db: Queryable, ids: readonly string[]): Promise<AuditRow[]> {
  return db
    .select()
    .from(auditLog)
    .where(inArray(auditLog.id, [...ids]))
}

/** What `auditLog` asks for; what is undefined does not narrow. */
export interface AuditSearch {
  readonly action?: string | undefined
  readonly actorId?: string | undefined
  readonly resourceType?: string | undefined
  readonly resourceId?: string | undefined
  /** At this instant or later. */
  readonly from?: Date | undefined
  /** Before this instant. */
  readonly before?: Date | undefined
  /** Continue below this sequence; null from the newest. */
  readonly after: number | null
  readonly limit: number
}

/** Entries, the newest first. */
export function entriesBySearch(db: Queryable, search: AuditSearch): Promise<AuditRow[]> {
  const { action, actorId, resourceType, resourceId, from, before, after, limit } = search
  return db
    .select()
    .from(auditLog)
    .where(
      and(
        action === undefined ? undefined : eq(auditLog.action, action),
        actorId === undefined ? undefined : eq(auditLog.actorId, actorId),
        resourceType === undefined ? undefined : eq(auditLog.resourceType, resourceType),
        resourceId === undefined ? undefined : eq(auditLog.resourceId, resourceId),
        from && gte(auditLog.at, from),
        before && lt(auditLog.at, before),
        after === null ? undefined : lt(auditLog.sequence, after),
      ),
    )
    .orderBy(desc(auditLog.sequence))
    .limit(limit)
}
