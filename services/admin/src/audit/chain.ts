import { createHash } from 'node:crypto'
import { canonicalJson } from './audit.rules.ts'
import type { AuditRow } from './audit.sql.ts'

/** The hash of an entry that follows the one with `previousHash`: SHA-256 over that hash and the entry's canonical JSON. */
export function chainHash(previousHash: string, entry: Omit<AuditRow, 'hash'>): string {
  const { sequence, id, actorKind, actorId, action, resourceType, resourceId, before, after, requestId, ip, at } = entry
  const hashed = {
    sequence,
    id,
    actorKind,
    actorId,
    action,
    resourceType,
    resourceId,
    before,
    after,
    requestId,
    ip,
    at,
  }
  return createHash('sha256').update(previousHash).update('\n').update(canonicalJson(hashed)).digest('hex')
}
