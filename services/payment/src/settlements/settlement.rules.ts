import { currencyExponent } from '@tikitu/runtime/money'

/** Waits to be paid; paid. */
export const SETTLEMENT_STATUSES = ['DUE', 'PAID'] as const
/** One of them. */
export type SettlementStatus = (typeof SETTLEMENT_STATUSES)[number]

/** What a transfer to a partner needs to say. */
export interface Instruction {
  readonly settlementId: string
  readonly partnerId: string
  /** Minor units. */
  readonly amount: number
  readonly currency: string
  readonly dueAt: Date
}

/** Rows of a table as RFC 4180 has them, the names of the columns first. */
export function csv(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('')
}

/** A cell that a spreadsheet would take for a formula is made text; a number stays one. */
function quoted(cell: string | number): string {
  if (typeof cell === 'number') return String(cell)
  const isFormula = /^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell)
  const harmless = isFormula ? `'${cell}` : cell
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** An amount as a bank writes it: `95.00`, without a currency. */
export function decimal(amount: number, currency: string): string {
  const digits = currencyExponent(currency)
  const sign = amount < 0 ? '-' : ''
  const text = String(Math.abs(amount)).padStart(digits + 1, '0')
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** The reference that goes with a transfer, by which a partner finds the settlement. */
export const referenceOf = (settlementId: string) => `TIKITU ${settlementId.replaceAll('-', '').toUpperCase()}`

/** Payout instructions for whoever makes the transfers, as CSV. */
export function instructionsAsCsv(instructions: readonly Instruction[]): string {
  return csv(
    ['settlement_id', 'partner_id', 'amount', 'currency', 'reference', 'due_at'],
    instructions.map(({ settlementId, partnerId, amount, currency, dueAt }) => [
      settlementId,
      partnerId,
      decimal(amount, currency),
      currency,
      referenceOf(settlementId),
      dueAt.toISOString(),
    ]),
  )
}

/** The same as JSON, with the amounts as text, so that no reader rounds them. */
export function instructionsAsJson(instructions: readonly Instruction[]): string {
  return JSON.stringify(
    instructions.map(({ settlementId, partnerId, amount, currency, dueAt }) => ({
      settlementId,
      partnerId,
      amount: decimal(amount, currency),
      currency,
      reference: referenceOf(settlementId),
      dueAt: dueAt.toISOString(),
    })),
  )
}
