import type { Queryable } from '@tikitu/runtime/database'
import { Fault } from '@tikitu/runtime/fault'
import { isAdmin, type Identity } from '@tikitu/runtime/identity'
import { decideManaging, type Caller } from './access.rules.ts'
import { partsOfClient, partsOfUser, type Part } from './staff.sql.ts'

/**
 * Who is asking, by our own rows. The partners in the identity are a copy that the gateway keeps for some seconds, too
 * old for somebody who has just registered a partner.
 */
export async function callerOf(db: Queryable, identity: Identity): Promise<Caller> {
  const parts = await partsOf(db, identity)
  return {
    isAdmin: isAdmin(identity),
    roles: new Map(parts.map(({ partnerId, role }) => [partnerId, role])),
  }
}

async function partsOf(db: Queryable, { kind, userId, clientId }: Identity): Promise<Part[]> {
  if (kind === 'machine' && clientId) return partsOfClient(db, clientId)
  if (kind === 'user' && userId) return partsOfUser(db, userId)
  return []
}

/**
 * Whether the caller manages the partner. False for a stranger, for whom it does not exist; whoever belongs there but
 * has another role gets the fault FORBIDDEN.
 */
export function manages(caller: Caller, partnerId: string): boolean {
  const decision = decideManaging(caller, partnerId)
  if (decision === 'may not') throw new Fault('FORBIDDEN', 'Only owners and managers of the partner can do this.')
  return decision === 'may'
}
