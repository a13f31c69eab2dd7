import { AuditRecorded } from '@tikitu/schema/events/admin'
import type { Transaction } from './database.ts'
import { emit } from './events/index.ts'
import type { Identity } from './identity.ts'
import { newId } from './ids.ts'

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** One use of a privilege. */
export interface AuditFact {
  /** The mutation's or job's name. */
  readonly action: string
  /** What it was done to. */
  readonly resource: { readonly type: string; readonly id: string }
  /** How it was; leave secrets and personal data out. */
  readonly before?: Json
  /** How it is. */
  readonly after?: Json
  /** When, by the database's clock. */
  readonly at: Date
}

/** Writes a use of a privilege for the audit log, in the transaction of the deed. */
export async function recordAudit(tx: Transaction, identity: Identity, fact: AuditFact): Promise<void> {
  await emit(tx, AuditRecorded, {
    auditId: newId(),
    actor: actorOf(identity),
    action: fact.action,
    resource: fact.resource,
    before: fact.before ?? null,
    after: fact.after ?? null,
    requestId: identity.requestId,
    ip: identity.ip,
    at: fact.at.toISOString(),
  })
}

/** Who did it, as the audit log names them: a user id (or the subject of somebody without), an app client, a service. */
export function actorOf(identity: Identity): { kind: 'USER' | 'PARTNER_CLIENT' | 'SERVICE'; id: string } {
  if (identity.kind === 'machine') return { kind: 'PARTNER_CLIENT', id: identity.subject }
  if (identity.kind === 'service') return { kind: 'SERVICE', id: identity.subject }
  return { kind: 'USER', id: identity.userId ?? identity.subject }
}
