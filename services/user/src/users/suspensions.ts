import { recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import type { Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { accept, type Outcome } from '@tikitu/runtime/outcome'
import { UserStatusChanged } from '@tikitu/schema/events/user'
import { tellClosed } from '../revocations/revocations.ts'
import { userNotFound, type UserNotFound } from './profiles.ts'
import { updateStatus, userForUpdate, type UserRow } from './user.sql.ts'

/** An admin's wish about somebody's account. */
export interface StatusCommand {
  readonly userId: string
  /** For the audit log. */
  readonly reason: string
  readonly admin: Identity
  readonly at: Date
}

/** Closes an account to its holder, whose sign-ins wait for it to be opened again. One that is closed already stays as it is, without another entry in the audit log. */
export function suspendUser(tx: Transaction, command: StatusCommand): Promise<Outcome<UserRow, UserNotFound>> {
  return changeStatus(tx, command, { action: 'suspendUser', status: 'SUSPENDED' })
}

/** Opens a suspended account again. One that is in use stays as it is. */
export function reinstateUser(tx: Transaction, command: StatusCommand): Promise<Outcome<UserRow, UserNotFound>> {
  return changeStatus(tx, command, { action: 'reinstateUser', status: 'ACTIVE' })
}

async function changeStatus(
  tx: Transaction,
  { userId, reason, admin, at }: StatusCommand,
  { action, status }: { action: string; status: 'ACTIVE' | 'SUSPENDED' },
): Promise<Outcome<UserRow, UserNotFound>> {
  const before = isId(userId) ? await userForUpdate(tx, userId) : null
  // What was erased is gone, for admins too.
  if (!before || before.status === 'ERASED') return userNotFound(userId)
  if (before.status === status) return accept(before)

  const user = await updateStatus(tx, userId, status)
  await emit(tx, UserStatusChanged, { userId, status, at: at.toISOString() })
  await recordAudit(tx, admin, {
    action,
    resource: { type: 'User', id: userId },
    before: { status: before.status },
    after: { status, reason },
    at,
  })
  await tellClosed(tx, { subject: user.cognitoSub, isClosed: status !== 'ACTIVE', at })
  return accept(user)
}
