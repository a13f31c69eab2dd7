import type { DisputeRow } from './disputes/dispute.sql.ts'
import type { PaymentRow } from './payments/payment.sql.ts'
import type { Difference } from './reconciliation/reconciliation.rules.ts'
import type { ReconciliationRow } from './reconciliation/reconciliation.sql.ts'
import type { RefundRow } from './refunds/refund.sql.ts'
import type { SettlementLine, SettlementRow } from './settlements/settlement.sql.ts'
import type { StatementLine, StatementPeriod, StatementTotals } from './statements/statement.sql.ts'

/** What the resolvers of `Payment` are given. */
export type PaymentSource = PaymentRow

/** What the resolvers of `Refund` are given. */
export type RefundSource = RefundRow

/** What the resolvers of `Dispute` are given. */
export type DisputeSource = DisputeRow

/** What the resolvers of `Settlement` are given. */
export type SettlementSource = SettlementRow

/** What the resolvers of `SettlementLine` are given: a line with its settlement's currency. */
export type SettlementLineSource = SettlementLine & { readonly currency: string }

/** What the resolvers of `PartnerStatement` are given. */
export type PartnerStatementSource = StatementPeriod & StatementTotals

/** What the resolvers of `StatementLine` are given. */
export type StatementLineSource = StatementLine

/** What the resolvers of `Reconciliation` are given. */
export type ReconciliationSource = ReconciliationRow

/** What the resolvers of `ReconciliationDifference` are given: a difference with its report's currency. */
export type ReconciliationDifferenceSource = Difference & { readonly currency: string }
