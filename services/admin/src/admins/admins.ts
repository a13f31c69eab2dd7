import type { Database, Transaction } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { isId, newId } from '@tikitu/runtime/ids'
import { accept, refuse, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import { recordDeed } from '../audit/audit-log.ts'
import { actingSuperAdmin } from './acting.ts'
import { decideStepDown, type LastSuperAdmin } from './admin.rules.ts'
import { adminById, adminBySubject, allAdmins, updateAdmin, upsertAdmin, type AdminRow } from './admin.sql.ts'

/** There is no such admin. */
export type AdminNotFound = Refusal<'AdminNotFound', { adminId: string }>

/** This person is an admin already. */
export type AdminExists = Refusal<'AdminExists', { adminId: string }>

/** What every command about admins says. */
interface Command {
  /** Who wants it. */
  readonly by: Identity
  readonly at: Date
}

/** All admins by name, the deactivated included. Does not know who asks. */
export function listAdmins({ orm }: Database): Promise<AdminRow[]> {
  return allAdmins(orm)
}

/** The subject as an active admin; null for everybody else. */
export async function activeAdmin({ orm }: Database, subject: string): Promise<AdminRow | null> {
  const admin = await adminBySubject(orm, subject)
  return admin?.isActive ? admin : null
}

/** Makes somebody an admin. Who was one before and was deactivated is one again, under the same id. */
export async function addAdmin(
  tx: Transaction,
  { by, at, ...person }: Command & Pick<AdminRow, 'cognitoSub' | 'email' | 'name' | 'role'>,
): Promise<Outcome<AdminRow, AdminExists>> {
  await actingSuperAdmin(tx, by)
  const before = await adminBySubject(tx, person.cognitoSub)
  if (before?.isActive) {
    return refuse('AdminExists', 'This person is an admin already.', { adminId: before.id })
  }

  const admin = await upsertAdmin(tx, { id: newId(), ...person, isActive: true, createdAt: at })
  await recordChange(tx, { by, at, action: 'addAdmin', before, after: admin })
  return accept(admin)
}

/** Gives an admin another role. One who has it already stays as they are, without another entry in the audit log. */
export async function changeAdminRole(
  tx: Transaction,
  { by, at, adminId, role }: Command & { adminId: string; role: AdminRow['role'] },
): Promise<Outcome<AdminRow, AdminNotFound | LastSuperAdmin>> {
  const { superAdmins } = await actingSuperAdmin(tx, by)
  const before = await adminCalled(tx, adminId)
  if (!before) return adminNotFound(adminId)
  if (before.role === role) return accept(before)
  const decision = decideStepDown(before, superAdmins)
  if (!decision.ok) return decision

  const after = await updateAdmin(tx, before.id, { role })
  await recordChange(tx, { by, at, action: 'changeAdminRole', before, after })
  return accept(after)
}

/** Takes an admin's rights away. One who has none any more stays as they are. */
export async function deactivateAdmin(
  tx: Transaction,
  { by, at, adminId }: Command & { adminId: string },
): Promise<Outcome<AdminRow, AdminNotFound | LastSuperAdmin>> {
  const { superAdmins } = await actingSuperAdmin(tx, by)
  const before = await adminCalled(tx, adminId)
  if (!before) return adminNotFound(adminId)
  if (!before.isActive) return accept(before)
  const decision = decideStepDown(before, superAdmins)
  if (!decision.ok) return decision

  const after = await updateAdmin(tx, before.id, { isActive: false })
  await recordChange(tx, { by, at, action: 'deactivateAdmin', before, after })
  return accept(after)
}

/** An id that is no UUID is nobody's. Read after the SUPER_ADMINs are kept, so that two commands see each other's changes. */
async function adminCalled(tx: Transaction, adminId: string): Promise<AdminRow | null> {
  return isId(adminId) ? adminById(tx, adminId) : null
}

const adminNotFound = (adminId: string): AdminNotFound =>
  refuse('AdminNotFound', 'There is no such admin.', { adminId })

interface Change extends Command {
  readonly action: string
  readonly before: AdminRow | null
  readonly after: AdminRow
}

async function recordChange(tx: Transaction, { by, at, action, before, after }: Change): Promise<void> {
  const resource = { type: 'Admin', id: after.id }
  await recordDeed(tx, by, { action, resource, before: before && rightsOf(before), after: rightsOf(after), at })
}

/** Names and addresses stay out of what is kept for ever. */
const rightsOf = ({ role, isActive }: AdminRow) => ({ role, isActive })
