import type { Transaction } from '@tikitu/runtime/database'
import type { EventData } from '@tikitu/schema/events/define'
import type { UserStatusChanged, UserUpdated } from '@tikitu/schema/events/user'
import { saveRecipient, setReachable } from './recipient.sql.ts'

/** Remembers how to reach somebody. */
export async function rememberRecipient(tx: Transaction, user: EventData<typeof UserUpdated>): Promise<void> {
  const { userId, email, firstName, language, timezone, at } = user
  await saveRecipient(tx, { userId, email, firstName, language, timezone, changedAt: new Date(at) })
}

/** Stops writing to suspended and erased accounts. */
export async function setRecipientStatus(
  tx: Transaction,
  { userId, status }: EventData<typeof UserStatusChanged>,
): Promise<void> {
  await setReachable(tx, userId, status === 'ACTIVE')
}
