import type { Transaction } from '@tikitu/runtime/database'
import { insertPartnerCustomer } from './partner-customer.sql.ts'

/** From now on the partner's staff may know this user's name and e-mail address. They stay known when the booking ends. */
export async function rememberCustomer(
  tx: Transaction,
  { partnerId, userId, at }: { partnerId: string; userId: string; at: Date },
): Promise<void> {
  await insertPartnerCustomer(tx, { partnerId, userId, since: at })
}
