import { sql } from 'drizzle-orm'
import type { Queryable } from '@tikitu/runtime/database'

/** Whose sales in which currency, and when: from the first instant up to, and without, the last. */
export interface StatementPeriod {
  readonly partnerId: string
  readonly currency: string
  readonly from: Date
  readonly until: Date
}

/** What a partner's sales came to, in minor units. Gross less refunds, chargebacks and commission is net. */
export interface StatementTotals {
  readonly gross: number
  readonly commission: number
  readonly refunds: number
  readonly chargebacks: number
  readonly net: number
  /** What was settled in the period, of whenever it was. */
  readonly settled: number
}

const ofPeriod = ({ partnerId, currency, from, until }: StatementPeriod) => sql`
  partner_id = ${partnerId} and currency = ${currency}
  and posted_at >= ${from.toISOString()}::timestamptz and posted_at < ${until.toISOString()}::timestamptz`

/** The totals of a period, from the ledger. */
export async function statementTotals(db: Queryable, period: StatementPeriod): Promise<StatementTotals> {
  const { rows } = await db.execute<Record<keyof StatementTotals, string>>(sql`
    select coalesce(-sum(amount) filter (where cause = 'CAPTURE' and account = 'BUYER'), 0)::text as gross,
           coalesce(sum(amount) filter (where account = 'PLATFORM_FEE'), 0)::text as commission,
           coalesce(sum(amount) filter (where cause in ('REFUND_OWED', 'REFUND_RELEASED') and account = 'REFUND'), 0)::text
             as refunds,
           coalesce(-sum(amount) filter (where cause = 'DISPUTE_LOST' and account in ('PLATFORM_FEE', 'PARTNER_PAYABLE')),
             0)::text as chargebacks,
           coalesce(sum(amount) filter (where account = 'PARTNER_PAYABLE' and cause <> 'SETTLEMENT_DUE'), 0)::text as net,
           coalesce(sum(amount) filter (where account = 'SETTLEMENT' and cause = 'SETTLEMENT_DUE'), 0)::text as settled
      from ledger_entries
     where ${ofPeriod(period)}`)
  const [totals] = rows
  if (!totals) throw new Error('nothing was added up')
  return {
    gross: Number(totals.gross),
    commission: Number(totals.commission),
    refunds: Number(totals.refunds),
    chargebacks: Number(totals.chargebacks),
    net: Number(totals.net),
    settled: Number(totals.settled),
  }
}

/** What a line of a statement is about. */
export const LINE_KINDS = {
  CAPTURE: 'SALE',
  REFUND_OWED: 'REFUND',
  REFUND_RELEASED: 'REFUND_RELEASED',
  DISPUTE_LOST: 'CHARGEBACK',
} as const

/** One sale, refund or chargeback; what is taken from the partner is negative. */
export interface StatementLine {
  /** Its name in the ledger. */
  readonly key: string
  readonly kind: (typeof LINE_KINDS)[keyof typeof LINE_KINDS]
  readonly at: Date
  readonly bookingId: string
  readonly paymentId: string
  readonly currency: string
  /** The buyer's. */
  readonly amount: number
  /** The platform's. */
  readonly commission: number
  /** The partner's. */
  readonly net: number
}

/** A page of the lines of a statement, oldest first. */
export async function statementLines(
  db: Queryable,
  period: StatementPeriod,
  { after, limit }: { readonly after: { readonly at: Date; readonly key: string } | null; readonly limit: number },
): Promise<StatementLine[]> {
  const { rows } = await db.execute<{
    key: string
    cause: keyof typeof LINE_KINDS
    at: string
    booking_id: string
    payment_id: string
    commission: string
    net: string
  }>(sql`
    select line.*, pay.booking_id
      from (
        select transaction_key as key, cause, payment_id, posted_at,
               to_char(posted_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
               coalesce(sum(amount) filter (where account = 'PLATFORM_FEE'), 0)::text as commission,
               coalesce(sum(amount) filter (where account = 'PARTNER_PAYABLE'), 0)::text as net
          from ledger_entries
         where ${ofPeriod(period)} and cause in ('CAPTURE', 'REFUND_OWED', 'REFUND_RELEASED', 'DISPUTE_LOST')
           and (${after === null} or (posted_at, transaction_key)
             > (${(after?.at ?? period.from).toISOString()}::timestamptz, ${after?.key ?? ''}))
         group by posted_at, transaction_key, cause, payment_id
         order by posted_at, transaction_key
         limit ${limit}
      ) as line
      join payments pay on pay.id = line.payment_id
     order by line.posted_at, line.key`)
  return rows.map(({ key, cause, at, booking_id: bookingId, payment_id: paymentId, ...shares }) => {
    const [commission, net] = [Number(shares.commission), Number(shares.net)]
    const { currency } = period
    const kind = LINE_KINDS[cause]
    return { key, kind, at: new Date(at), bookingId, paymentId, currency, amount: commission + net, commission, net }
  })
}
