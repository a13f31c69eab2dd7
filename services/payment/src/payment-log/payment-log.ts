import type { Transaction } from '@tikitu/runtime/database'
import { redact } from './log.rules.ts'
import { insertLogLines, insertWebhook, type LogLine } from './log.sql.ts'

/** Which conversation a line belongs to. */
export type Exchange = Omit<LogLine, 'kind' | 'body' | 'at'>

/** Writes down what was said between us and a provider, without its secrets, in the transaction that acts on it. */
export async function logExchange(tx: Transaction, line: LogLine): Promise<void> {
  await logExchanges(tx, [line])
}

/** The same for several lines of one conversation, in their order. */
export async function logExchanges(tx: Transaction, lines: readonly LogLine[]): Promise<void> {
  if (lines.length === 0) return
  await insertLogLines(
    tx,
    lines.map((line) => ({ ...line, body: redact(line.body) })),
  )
}

/** Writes down what a webhook told, without its secrets; false when the same event was told before, which changes nothing. */
export function logWebhook(tx: Transaction, told: Parameters<typeof insertWebhook>[1]): Promise<boolean> {
  return insertWebhook(tx, { ...told, body: redact(told.body) })
}
