import { readFileSync } from 'node:fs'
import {
  BOOKING_SAGA,
  CHECKED_OUT,
  CONDITIONS,
  type Transition,
} from '../../../services/booking/src/bookings/booking.saga.ts'
import { inRepository } from '../repository.ts'

const BEGIN = '<!-- saga:begin -->'
const END = '<!-- saga:end -->'

/** ARCHITECTURE.md with the table of the booking saga as the code has it. */
export function architectureWithSaga(): string {
  const text = readFileSync(inRepository('ARCHITECTURE.md'), 'utf8')
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`ARCHITECTURE.md has lost ${BEGIN} or ${END}`)
  return `${before}${BEGIN}\n${sagaTable(BOOKING_SAGA)}\n${END}${after}`
}

/** State × event → state and facts, as Markdown, and what the conditions mean. */
function sagaTable(rows: readonly Transition[]): string {
  const lines = rows.map(
    ({ from, on, when, to, emits }) =>
      `| ${from.length === CHECKED_OUT.length ? 'any after checkout' : from.join(', ')} | ${on}${when ? ` · ${when}` : ''} | ${to} | ${emits.map((fact) => `\`${fact}\``).join(' ')} |`,
  )
  const conditions = Object.entries(CONDITIONS).map(([name, meaning]) => `*${name}*: ${meaning}`)
  return [
    'Written by `pnpm codegen` from `services/booking/src/bookings/booking.saga.ts`, which the code and its tests go by. What is not here changes nothing.',
    '',
    '| from | on | to | publishes |',
    '|---|---|---|---|',
    ...lines,
    '',
    `${conditions.join('; ')}.`,
  ].join('\n')
}
