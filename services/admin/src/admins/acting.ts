import type { Transaction } from '@tikitu/runtime/database'
import { Fault } from '@tikitu/runtime/fault'
import { requireAdmin, type Identity } from '@tikitu/runtime/identity'
import { superAdminsForUpdate, type AdminRow } from './admin.sql.ts'

/** The admin who acts, and all who could act in their place. */
export interface Acting {
  readonly admin: AdminRow
  /** All active SUPER_ADMINs, kept for this transaction. */
  readonly superAdmins: readonly AdminRow[]
}

/**
 * Makes sure that an active SUPER_ADMIN is acting, by our own table: the gateway may have known a moment too long that
 * somebody was one, and that moment would be enough to make another.
 */
export async function actingSuperAdmin(tx: Transaction, identity: Identity): Promise<Acting> {
  requireAdmin(identity, 'SUPER_ADMIN')
  const superAdmins = await superAdminsForUpdate(tx)
  const admin = superAdmins.find(({ cognitoSub }) => cognitoSub === identity.subject)
  if (!admin) throw new Fault('FORBIDDEN', 'Your role does not allow this.')
  return { admin, superAdmins }
}
