import { randomUUID } from 'node:crypto'
import type { Database } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { anAdmin } from '@tikitu/runtime/testing'
import type { AuditRecorded } from '@tikitu/schema/events/admin'
import type { EventData } from '@tikitu/schema/events/define'
import { admins, type AdminRow } from '../src/tables.ts'

/** An admin in the database, and their identity as the gateway would sign it. */
export async function anAdminOnFile(
  database: Database,
  facts: Partial<AdminRow> = {},
): Promise<{ row: AdminRow; identity: Identity }> {
  const id = newId()
  const [row] = await database.orm
    .insert(admins)
    .values({
      id,
      cognitoSub: randomUUID(),
      email: `${id}@tikitu.example`,
      name: 'Ada',
      role: 'SUPER_ADMIN',
      isActive: true,
      createdAt: new Date('2027-01-01T00:00:00.000Z'),
      ...facts,
    })
    .returning()
  if (!row) throw new Error('no admin was written')
  return { row, identity: { ...anAdmin(row.role), subject: row.cognitoSub } }
}

/** Something that another service tells the audit log. */
export function aDeed(facts: Partial<EventData<typeof AuditRecorded>> = {}): EventData<typeof AuditRecorded> {
  return {
    auditId: newId(),
    actor: { kind: 'USER', id: newId() },
    action: 'verifyPartner',
    resource: { type: 'Partner', id: newId() },
    before: { status: 'PENDING' },
    after: { status: 'VERIFIED' },
    requestId: newId(),
    ip: '192.0.2.7',
    at: '2027-05-01T12:00:00.123Z',
    ...facts,
  }
}
