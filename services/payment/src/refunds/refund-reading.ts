import { connectionOf, emptyConnection, instantAndId, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { requireAdmin } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import type { RefundStatus } from './refund.rules.ts'
import { refundsByIds, refundsPage } from './refund.sql.ts'

/** Which page of the refunds. */
export interface ListArgs {
  readonly first: number
  readonly after?: string | null | undefined
  readonly filter?: { readonly status?: RefundStatus | null; readonly bookingId?: string | null } | null | undefined
}

/** A page of all refunds, newest first. For finance and support. */
export async function listRefunds({ identity, database }: RequestContext, args: ListArgs) {
  requireAdmin(identity, 'FINANCE', 'SUPPORT')
  const page = pageOf(args, 2)
  const { status, bookingId } = args.filter ?? {}
  if (bookingId != null && !isId(bookingId)) return emptyConnection()
  const rows = await refundsPage(database.orm, {
    status: status ?? undefined,
    bookingId: bookingId ?? undefined,
    after: page.after && instantAndId(page.after),
    limit: page.limit,
  })
  return connectionOf(rows, page, ({ createdAt, id }) => [createdAt.toISOString(), id])
}

/** A refund as it is after somebody has decided about it. */
export async function decidedRefund({ database }: RequestContext, id: string) {
  const [refund] = await refundsByIds(database.orm, [id])
  if (!refund) throw new Error(`refund ${id} is gone`)
  return { __typename: 'Refund' as const, ...refund }
}
