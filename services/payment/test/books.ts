import type { Database } from '@tikitu/runtime/database'
import { paymentRow, refundsOf } from './read.ts'

/** A payment whose books are looked at. */
export interface Sale {
  readonly id: string
  readonly bookingId: string
  readonly eventId: string
  readonly partnerId: string
  readonly captured: number
  readonly commission: number
  readonly currency: string
}

/** What is wrong with the ledger about a payment, in words; nothing in sound books. */
export async function brokenBooks(database: Database, sale: Sale): Promise<string[]> {
  const payment = await paymentRow(database, sale.id)
  const refunds = await refundsOf(database, sale.bookingId)
  const balance = await balancesOf(database, sale.id)
  const { rows: entries } = await database.pool.query<{ uneven: number; currencies: number; collected: string }>(
    `select (select count(*)::integer from (select from ledger_entries where payment_id = $1
              group by transaction_key having sum(amount) <> 0) as uneven) as uneven,
            (select count(distinct currency)::integer from ledger_entries where payment_id = $1) as currencies,
            (select -sum(amount) from ledger_entries where payment_id = $1 and cause = 'CAPTURE' and account = 'BUYER')
              as collected`,
    [sale.id],
  )
  const { rows: disputed } = await database.pool.query<Record<'open' | 'contested' | 'decided' | 'told', string>>(
    `select coalesce(sum(amount) filter (where status = 'OPEN'), 0) as open,
            coalesce(sum(contested) filter (where status = 'OPEN'), 0) as contested,
            count(*) filter (where status <> 'OPEN') as decided,
            (select count(*) from outbox where type = 'payment.dispute_closed' and data ->> 'paymentId' = $1::text) as told
       from disputes where payment_id = $1::uuid`,
    [sale.id],
  )
  const bank = Object.fromEntries(Object.entries(disputed[0] ?? {}).map(([name, sum]) => [name, Number(sum)]))
  const { rows: owed } = await database.pool.query<{ amount: string }>(
    'select amount from payables where payment_id = $1',
    [sale.id],
  )
  const [facts] = entries
  const all = Object.values(balance).reduce((sum, amount) => sum + amount, 0)
  const reserved = refunds.filter((refund) => refund.reserved).reduce((sum, { amount }) => sum + amount, 0)
  const paid = refunds.filter(({ status }) => status === 'SUCCEEDED').reduce((sum, { amount }) => sum + amount, 0)
  const of = (account: string) => balance[account] ?? 0
  const returned = payment.refundReserved + payment.lost
  const share = Math.floor((2 * sale.commission * returned + sale.captured) / (2 * sale.captured))
  const partnersOwn = of('PARTNER_PAYABLE') + of('SETTLEMENT') + of('PAYOUT')

  const checks: readonly (readonly [string, boolean])[] = [
    ['a transaction is not zero', facts?.uneven !== 0],
    ['the booking is not zero', all !== 0],
    ['currencies are mixed', facts?.currencies !== 1],
    ['what was collected is not what was captured', Number(facts?.collected) !== sale.captured],
    ['more went back than came', of('BUYER') > 0],
    ['what is promised is not what refunds were promised', payment.refundReserved !== reserved],
    ['what went back is not what refunds paid', payment.refunded !== paid],
    ['what is owed to the buyer is not what is on its way', of('REFUND') !== payment.refundReserved - payment.refunded],
    ['what is contested is not what banks have taken', of('DISPUTE') !== -(bank['open'] ?? 0)],
    ['what is contested of the payment is not what its disputes contest', payment.contested !== bank['contested']],
    ['a decision of a bank was not told once', bank['told'] !== bank['decided']],
    ['the platform has another share than its terms say', of('PLATFORM_FEE') !== sale.commission - share],
    [
      'the partner has another share than its terms say',
      partnersOwn !== sale.captured - returned - (sale.commission - share),
    ],
    ['a partner is paid more than buyers paid', of('SETTLEMENT') + of('PAYOUT') > sale.captured - sale.commission],
    ['what is owed to the partner is not in the ledger', Number(owed[0]?.amount ?? 0) !== of('PARTNER_PAYABLE')],
  ]
  return checks.filter(([, broken]) => broken).map(([wrong]) => wrong)
}

async function balancesOf({ pool }: Database, paymentId: string): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ account: string; balance: string }>(
    'select account, sum(amount) as balance from ledger_entries where payment_id = $1 group by account',
    [paymentId],
  )
  return Object.fromEntries(rows.map(({ account, balance }) => [account, Number(balance)]))
}
