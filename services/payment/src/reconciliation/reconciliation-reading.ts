import { connectionOf, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { requireAdmin } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { reconciliationsPage } from './reconciliation.sql.ts'

/** A page of the reports, newest first. For finance. */
export async function listReconciliations(
  { identity, database }: RequestContext,
  args: { readonly first: number; readonly after?: string | null | undefined },
) {
  requireAdmin(identity, 'FINANCE')
  const page = pageOf(args, 2)
  const after = page.after && placeOf(page.after)
  const rows = await reconciliationsPage(database.orm, { after, limit: page.limit })
  return connectionOf(rows, page, ({ day, id }) => [day, id])
}

function placeOf([day = '', id = '']: readonly string[]): { day: string; id: string } {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(new Date(day).getTime())
  if (!isDay || !isId(id)) throw badInput('after', 'is not a cursor of this list')
  return { day, id }
}
