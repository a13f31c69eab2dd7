import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startPostgres } from '@tikitu/local/postgres'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import { Client, type QueryResultRow } from 'pg'
import { until } from '../src/wait.ts'
import { disagreements, type BookingRow, type PaymentRow } from './books.ts'

/** A job whose process was killed is taken up again after 45 s at most, and what is left to the reconciler a minute later. */
const AT_REST_MILLISECONDS = 180_000

type Read = <Row extends QueryResultRow>(database: string, statement: string) => Promise<Row[]>

/**
 * Waits until no event and no job is under way in a running system, and money and tickets agree. Throws with what is
 * still wrong after three minutes.
 */
export async function comesToRest(dataDir: string): Promise<void> {
  let wrong: string[] = []
  await withDatabases(dataDir, (read) =>
    until(
      'the system to be at rest',
      async () => {
        wrong = [...(await underWay(read)), ...disagreements(await payments(read, dataDir), await bookings(read))]
        return wrong.length === 0 || undefined
      },
      AT_REST_MILLISECONDS,
    ),
  ).catch((error: unknown) => {
    throw new Error([(error as Error).message, ...wrong].join('\n'), { cause: error })
  })
}

/** As the superuser of the running server: no role of ours may see two databases. */
async function withDatabases(dataDir: string, use: (read: Read) => Promise<unknown>): Promise<void> {
  const server = await startPostgres({ dataDir: join(dataDir, 'postgres'), port: 0, durable: true, databases: [] })
  const clients = new Map<string, Client>()
  try {
    if (!server.adopted) throw new Error('the database does not run')
    for (const service of SERVICE_NAMES) {
      const client = new Client({ connectionString: server.adminUrl(`${service}_db`) })
      await client.connect()
      clients.set(service, client)
    }
    await use(async <Row extends QueryResultRow>(service: string, statement: string) => {
      const answer = await clients.get(service)?.query<Row>(statement)
      return answer?.rows ?? []
    })
  } finally {
    for (const client of clients.values()) await client.end()
    if (!server.adopted) await server.stop()
  }
}

/** Events that were not delivered or not handled, and jobs that have not been done. The timers of a service come again. */
const UNDER_WAY = `
  select 'an event is not delivered: ' || o.type as what from outbox o
   where o.position is null or o.position > (select min(position) from outbox_cursors)
  union all
  select 'an event is ' || status || ': ' || type from inbox where status not in ('handled', 'skipped')
  union all
  select 'a job is ' || state || ': ' || name from pgboss.job
   where (state in ('created', 'retry', 'active') or (state = 'failed' and retry_limit > 0)) and name not like '\\_\\_%'`

async function underWay(read: Read): Promise<string[]> {
  const found = await Promise.all(
    SERVICE_NAMES.map(async (service) =>
      (await read<{ what: string }>(service, UNDER_WAY)).map(({ what }) => `${service}: ${what}`),
    ),
  )
  return found.flat()
}

async function payments(read: Read, dataDir: string): Promise<PaymentRow[]> {
  const charges = chargesIn(dataDir)
  const rows = await read<Omit<PaymentRow, 'taken' | 'returned'> & { ref: string | null; paidByBank: number }>(
    'payment',
    `select p.id, p.booking_id as "bookingId", p.status, p.provider_ref as ref, p.captured::float, p.refunded::float,
            (p.contested + p.lost)::float as disputed, p.refund_reserved::float as "refundReserved",
            (select coalesce(sum(r.amount), 0) from refunds r join disputes d on d.payment_id = p.id and d.provider_ref = r.provider_ref
              where r.payment_id = p.id)::float as "paidByBank",
            -coalesce((select sum(amount) from ledger_entries l where l.payment_id = p.id and account = 'BUYER'), 0)::float as posted
       from payments p`,
  )
  const known = new Set(rows.map(({ ref }) => ref))
  const nothing = { captured: 0, refundReserved: 0, refunded: 0, disputed: 0, posted: 0 }
  return [
    ...rows.map(({ ref, paidByBank, ...row }) => {
      const { taken, returned } = charges.get(ref ?? '') ?? { taken: 0, returned: 0 }
      return { ...row, taken, returned: returned + paidByBank }
    }),
    ...[...charges]
      .filter(([ref, { taken }]) => taken > 0 && !known.has(ref))
      .map(([ref, charge]) => ({ id: ref, bookingId: '', status: 'unknown to us', ...nothing, ...charge })),
  ]
}

/** What the sandbox took and gave back for each attempt, in its own books. */
function chargesIn(dataDir: string): Map<string, { taken: number; returned: number }> {
  const books = new DatabaseSync(join(dataDir, 'stripe/books.sqlite'), { readOnly: true })
  try {
    const rows = books
      .prepare(
        `select i.id as ref, i.body ->> '$.amount_received' as taken,
                coalesce((select sum(r.body ->> '$.amount') from objects r
                  where r.kind = 'refund' and r.parent = i.id and r.body ->> '$.status' = 'succeeded'), 0) as returned
           from objects i where i.kind = 'payment_intent'`,
      )
      .all()
    return new Map(
      rows.map(({ ref, taken, returned }) => [String(ref), { taken: Number(taken), returned: Number(returned) }]),
    )
  } finally {
    books.close()
  }
}

function bookings(read: Read): Promise<BookingRow[]> {
  return read(
    'booking',
    `select id, status, total::float, quantity,
            (select count(*) from tickets t where t.booking_id = b.id and t.status <> 'CANCELLED')::int as tickets,
            array(select payment_id::text from booking_payments p where p.booking_id = b.id) as "paymentIds"
       from bookings b where reference is not null`,
  )
}
