import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { onceIfKeyed } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { partnersByIds } from '../partners/partner.sql.ts'
import { apiClientById, insertApiClient } from './api-client.sql.ts'

/** An admin lets an app client act for a partner. */
export interface AddApiClient {
  /** The admin. */
  readonly identity: Identity
  readonly partnerId: string
  readonly clientId: string
  readonly name: string
  /** Under which repeating it gives the same answer; null when that finds the client taken. */
  readonly idempotencyKey: string | null
  readonly at: Date
}

/** Makes an app client the machine of a partner. Whether the user pool knows the client shows when it gets a token. */
export async function addApiClient(tx: Transaction, command: AddApiClient) {
  const { identity, partnerId, clientId, name, idempotencyKey: key } = command
  const request = { partnerId, clientId, name }
  const outcome = await onceIfKeyed(tx, { caller: actorOf(identity).id, key, operation: 'addApiClient', request }, () =>
    addOnce(tx, command),
  )
  if (!outcome.ok) return outcome
  const client = await apiClientById(tx, clientId)
  if (!client) throw new Error(`app client ${clientId} was added and is not there`)
  return accept(client)
}

/** Answers with the partner: the client's own id is the user pool's, and no UUID. */
async function addOnce(tx: Transaction, { identity, partnerId, clientId, name, at }: AddApiClient) {
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
  return accept({ id: partnerId })
}
