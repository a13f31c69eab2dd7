import type { RequestContext } from '@tikitu/runtime/context'
import { requireAdmin } from '@tikitu/runtime/identity'
import { inventoryFindings, type Finding } from './audit.sql.ts'

/** What must never be, each with how often it is. For admins; it reads every booking and seat, so not for polling. */
export async function auditInventory({ identity, database }: RequestContext): Promise<Finding[]> {
  requireAdmin(identity)
  return inventoryFindings(database.orm)
}
