import { connectionOf, emptyConnection, instantAndId, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { isAdmin, mayActFor, requireAdmin, type Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { instructionsAsCsv, instructionsAsJson, type SettlementStatus } from './settlement.rules.ts'
import { oldestDue, settlementById, settlementLines, settlementsPage, type SettlementRow } from './settlement.sql.ts'

/** How many transfers one document has at most. */
const INSTRUCTIONS_MAX = 1_000

/** Whether the caller may see what this partner is paid. */
export function maySeeMoneyOf(identity: Identity, partnerId: string): boolean {
  return isAdmin(identity, 'FINANCE') || mayActFor(identity, partnerId, ['OWNER', 'MANAGER'], 'tikitu/sales.read')
}

/** Which page of which settlements. */
export interface ListArgs {
  readonly first: number
  readonly after?: string | null | undefined
  readonly partnerId?: string | undefined
  readonly status?: SettlementStatus | undefined
}

/** A page of settlements, newest first: of a partner whose money the caller may see, or of all for finance. */
export async function listSettlements(
  { identity, database }: RequestContext,
  { partnerId, status, ...args }: ListArgs,
) {
  if (partnerId === undefined) requireAdmin(identity, 'FINANCE')
  const page = pageOf(args, 2)
  if (partnerId !== undefined && !(isId(partnerId) && maySeeMoneyOf(identity, partnerId))) return emptyConnection()
  const query = { partnerId, status, after: page.after && instantAndId(page.after), limit: page.limit }
  const rows = await settlementsPage(database.orm, query)
  return connectionOf(rows, page, ({ dueAt, id }) => [dueAt.toISOString(), id])
}

/** One settlement; null when there is none that the caller may see. */
export async function visibleSettlement(
  { identity, database }: RequestContext,
  id: string,
): Promise<SettlementRow | null> {
  const settlement = isId(id) ? await settlementById(database.orm, id) : null
  return settlement && maySeeMoneyOf(identity, settlement.partnerId) ? settlement : null
}

/** A settlement as it is after somebody has changed it. */
export async function freshSettlement({ database }: RequestContext, id: string): Promise<SettlementRow> {
  const settlement = await settlementById(database.orm, id)
  if (!settlement) throw new Error(`settlement ${id} is gone`)
  return settlement
}

/** Transfers to be made now, as a document. For finance. */
export async function writeInstructions(
  { identity, database }: RequestContext,
  format: 'CSV' | 'JSON',
): Promise<string> {
  requireAdmin(identity, 'FINANCE')
  const due = await oldestDue(database.orm, INSTRUCTIONS_MAX)
  const instructions = due.map(({ id: settlementId, ...rest }) => ({ settlementId, ...rest }))
  return format === 'JSON' ? instructionsAsJson(instructions) : instructionsAsCsv(instructions)
}

/** A page of the payments of a settlement, in the order of their ids. */
export async function linesOfSettlement(
  { database }: RequestContext,
  { id, currency }: SettlementRow,
  args: Pick<ListArgs, 'first' | 'after'>,
) {
  const page = pageOf(args, 1)
  const after = page.after?.[0] ?? null
  if (after !== null && !isId(after)) throw badInput('after', 'is not a cursor of this list')
  const lines = await settlementLines(database.orm, { id, after, limit: page.limit })
  const rows = lines.map((line) => ({ ...line, currency }))
  return connectionOf(rows, page, ({ paymentId }) => [paymentId])
}
