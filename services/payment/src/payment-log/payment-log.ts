import type { Transaction } from '@tikitu/runtime/database'
import { redact } from './log.rules.ts'
import { insertLogLine, type LogLine } from './log.sql.ts'

/** Which conversation a line belongs to. */
export type Exchange = Omit<LogLine, 'kind' | 'body' | 'at'>

/** Writes down what was said between us and a provider, without its secrets, in the transaction that acts on it. */
export async function logExchange(tx: Transaction, line: LogLine): Promise<void> {
  await insertLogLine(tx, { ...line, body: redact(line.body) })
}
