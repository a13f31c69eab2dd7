import type { Transaction } from '@tikitu/runtime/database'
import { paymentLog } from '../tables.ts'
import type { ProviderName } from '../providers/provider.ts'
import type { Json, LogKind, Operation } from './log.rules.ts'

/** One line of a conversation with a provider. */
export interface LogLine {
  readonly paymentId: string
  readonly refundId: string | null
  readonly provider: ProviderName
  readonly operation: Operation
  readonly kind: LogKind
  readonly body: Json
  readonly at: Date
}

/** Adds a line to the payment log. There is no statement that changes or removes one. */
export async function insertLogLine(tx: Transaction, line: LogLine): Promise<void> {
  await tx.insert(paymentLog).values(line)
}
