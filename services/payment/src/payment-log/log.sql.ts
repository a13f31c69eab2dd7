import type { Transaction } from '@tikitu/runtime/database'
import { paymentLog } from '../tables.ts'
import type { ProviderName } from '../providers/provider.ts'
import type { Json, LogKind, Operation } from './log.rules.ts'

/** One line of a conversation with a provider. */
export interface LogLine {
  /** Null of a webhook. */
  readonly paymentId: string | null
  readonly refundId: string | null
  readonly provider: ProviderName
  readonly operation: Operation
  readonly kind: LogKind
  readonly body: Json
  readonly at: Date
}

/** Adds what a webhook told; false when the same event was told before. */
export async function insertWebhook(
  tx: Transaction,
  { provider, eventId, body, at }: Pick<LogLine, 'provider' | 'body' | 'at'> & { readonly eventId: string },
): Promise<boolean> {
  const line = { provider, eventId, operation: 'webhook', kind: 'WEBHOOK', body, at } as const
  const inserted = await tx
    .insert(paymentLog)
    .values(line)
    .onConflictDoNothing({ target: [paymentLog.provider, paymentLog.eventId] })
    .returning({ id: paymentLog.id })
  return inserted.length > 0
}

/** Adds lines to the payment log, in their order. There is no statement that changes or removes one. */
export async function insertLogLines(tx: Transaction, lines: LogLine[]): Promise<void> {
  await tx.insert(paymentLog).values(lines)
}
