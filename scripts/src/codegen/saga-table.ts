import { readFileSync } from 'node:fs'
import {
  BOOKING_SAGA,
  CHECKED_OUT,
  CONDITIONS,
  type Transition,
} from '../../../services/booking/src/bookings/booking.saga.ts'
import type { Transition as Row } from '../../../services/payment/src/machine.rules.ts'
import { PAYMENT_MACHINE } from '../../../services/payment/src/payments/payment-machine.rules.ts'
import { REFUND_MACHINE } from '../../../services/payment/src/refunds/refund-machine.rules.ts'
import { inRepository } from '../repository.ts'

/** ARCHITECTURE.md with the tables of the booking saga, of payments and of refunds as the code has them. */
export function architectureWithSaga(): string {
  const tables = {
    saga: sagaTable(BOOKING_SAGA),
    payment: machineTable(PAYMENT_MACHINE, 'payments/payment-machine.rules.ts'),
    refund: machineTable(REFUND_MACHINE, 'refunds/refund-machine.rules.ts'),
  }
  let text = readFileSync(inRepository('ARCHITECTURE.md'), 'utf8')
  for (const [name, table] of Object.entries(tables)) text = between(text, name, table)
  return text
}

function between(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`ARCHITECTURE.md has lost ${begin} or ${end}`)
  return `${before}${begin}\n${table}\n${end}${after}`
}

/** State × event → state and facts, as Markdown, and what the conditions mean. */
function sagaTable(rows: readonly Transition[]): string {
  const conditions = Object.entries(CONDITIONS).map(([name, meaning]) => `*${name}*: ${meaning}`)
  return [
    'Written by `pnpm codegen` from `services/booking/src/bookings/booking.saga.ts`, which the code and its tests go by. What is not here changes nothing.',
    '',
    ...linesOf(rows),
    '',
    `${conditions.join('; ')}.`,
  ].join('\n')
}

/** The same of one of payment's machines, whose conditions say what they mean. */
function machineTable(rows: readonly Row<string, string>[], file: string): string {
  return [
    `Written by \`pnpm codegen\` from \`services/payment/src/${file}\`, which the code and its tests go by. What is not here throws.`,
    '',
    ...linesOf(rows),
  ].join('\n')
}

function linesOf(rows: readonly Row<string, string>[]): string[] {
  const lines = rows.map(
    ({ from, on, when, to, emits }) =>
      `| ${from.length === CHECKED_OUT.length ? 'any after checkout' : from.join(', ')} | ${on}${when ? ` · ${when}` : ''} | ${to} | ${emits.map((fact) => `\`${fact}\``).join(' ')} |`,
  )
  return ['| from | on | to | publishes |', '|---|---|---|---|', ...lines]
}
