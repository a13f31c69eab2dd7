import { recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { partnersByIds } from '../partners/partner.sql.ts'
import { insertApiClient } from './api-client.sql.ts'

/** An admin lets an app client act for a partner. */
export interface AddApiClient {
  /** The admin. */
  readonly identity: Identity
  readonly partnerId: string
  readonly clientId: string
  readonly name: string
  readonly at: Date
}

/** Makes an app client the machine of a partner. Whether the user pool knows the client shows when it gets a token. */
export async function addApiClient(tx: Transaction, { identity, partnerId, clientId, name, at }: AddApiClient) {
  const [partner] = isId(partnerId) ? await partnersByIds(tx, [partnerId]) : []
  if (!partner) return refuse('PartnerNotFound', 'There is no such partner.', { partnerId })
  const client = await insertApiClient(tx, { clientId, partnerId, name, createdAt: at })
  if (!client) return refuse('ApiClientTaken', 'This app client acts for a partner already.', { clientId })
  await recordAudit(tx, identity, {
    action: 'addApiClient',
    resource: { type: 'Partner', id: partnerId },
    after: { clientId, name },
    at,
  })
  return accept(client)
}
