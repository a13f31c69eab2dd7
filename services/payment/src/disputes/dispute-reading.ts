import { connectionOf, instantAndId, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { requireAdmin } from '@tikitu/runtime/identity'
import { loadMany } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import { viewerOf } from '../payments/viewer.ts'
import type { DisputeStatus } from './dispute.rules.ts'
import { disputesOfPayments, disputesPage, type DisputeRow } from './dispute.sql.ts'

const loaders = perRequest(({ database: { orm } }: Pick<RequestContext, 'database'>) => ({
  disputesOfPayment: loadMany(
    (paymentIds) => disputesOfPayments(orm, paymentIds),
    (dispute: DisputeRow) => dispute.paymentId,
  ),
}))

/** The disputes of a payment that the caller may see, newest first. A payer knows of theirs from their bank. */
export async function disputesOf(
  context: RequestContext,
  { id, partnerId }: { readonly id: string; readonly partnerId: string },
): Promise<DisputeRow[]> {
  const { all, partnerIds } = viewerOf(context.identity)
  return all || partnerIds.includes(partnerId) ? loaders(context).disputesOfPayment.load(id) : []
}

/** Which page of the disputes. */
export interface ListArgs {
  readonly first: number
  readonly after?: string | null | undefined
  readonly filter?: { readonly status?: DisputeStatus | null } | null | undefined
}

/** A page of all disputes, newest first. For finance and support. */
export async function listDisputes({ identity, database }: RequestContext, args: ListArgs) {
  requireAdmin(identity, 'FINANCE', 'SUPPORT')
  const page = pageOf(args, 2)
  const status = args.filter?.status ?? undefined
  const query = { status, after: page.after && instantAndId(page.after), limit: page.limit }
  const rows = await disputesPage(database.orm, query)
  return connectionOf(rows, page, ({ openedAt, id }) => [openedAt.toISOString(), id])
}
