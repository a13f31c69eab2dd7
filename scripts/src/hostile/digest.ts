import { Client } from 'pg'

/** The rows of every table as one number, by `database schema.table`. */
export type Digest = ReadonlyMap<string, string>

/** Kept by the machinery while nothing happens: pg-boss's books, and how far the events have been carried. */
const MACHINERY = `n.nspname = 'pgboss' and c.relname <> 'job_common' or c.relname = 'outbox_cursors'`

/** Jobs that come by themselves: those of a schedule, and pg-boss's own. */
const SCHEDULED = `name in (select name from pgboss.schedule) or name like '\\_\\_pgboss%'`

const TABLES = `
  select format('%I.%I', n.nspname, c.relname) as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'
    and not (${MACHINERY})
  order by 1`

/** Reads every row of every table of these databases, by name and address. Two digests are equal when no row is different. */
export async function digestOf(databases: ReadonlyMap<string, string>): Promise<Digest> {
  const parts = await Promise.all(
    [...databases].map(([database, url]) =>
      connected(url, async (client) => {
        const { rows: tables } = await client.query<{ name: string }>(TABLES)
        const found: [string, string][] = []
        for (const { name } of tables) {
          const { rows } = await client.query<{ digest: string }>(digestQuery(name))
          found.push([`${database} ${name}`, rows[0]?.digest ?? ''])
        }
        return found
      }),
    ),
  )
  return new Map(parts.flat())
}

/**
 * What the clock alone changes, or looking does: when somebody was last here, how often a provider was asked how it
 * stands, how far demand was counted, seat maps that were read again from the seats, jobs of a schedule.
 */
const CLOCKWORK: Readonly<Record<string, { readonly columns?: readonly string[]; readonly rows?: string }>> = {
  'public.users': { columns: ['last_seen_at'] },
  'public.demand_progress': { rows: 'true' },
  'public.seat_maps': { rows: 'true' },
  'public.seat_map_changes': { rows: 'true' },
  'public.payments': { columns: ['checks', 'check_at'] },
  'public.payment_log': { rows: `operation = 'fetch'` },
  'pgboss.job_common': { rows: SCHEDULED },
}

function digestQuery(table: string): string {
  const { columns = [], rows = 'false' } = CLOCKWORK[table] ?? {}
  const row = columns.length > 0 ? `(to_jsonb(t) - '{${columns.join()}}'::text[])::text` : 't::text'
  return `select count(*) || ' ' || coalesce(sum(hashtextextended(${row}, 0)), 0) as digest from ${table} t where not (${rows})`
}

/** The tables whose rows are not the same. */
export function differences(before: Digest, after: Digest): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((table) => before.get(table) !== after.get(table))
}

/** What has begun in a database and is not finished, and what was given up. */
export interface Unfinished {
  readonly open: number
  readonly givenUp: number
}

const UNFINISHED = `
  select
    (select count(*) from outbox where position is null)
    + (select count(*) from inbox where status = 'waiting')
    + (select count(*) from pgboss.job_common where state in ('created', 'active', 'retry') and not (${SCHEDULED})) as open,
    (select count(*) from inbox where status = 'dead')
    + (select count(*) from pgboss.job_common where state = 'failed') as given_up`

/** Counts events and jobs of all databases together. */
export async function unfinishedIn(databases: ReadonlyMap<string, string>): Promise<Unfinished> {
  const counts = await Promise.all(
    [...databases.values()].map((url) =>
      connected(url, async (client) => {
        const { rows } = await client.query<{ open: string; given_up: string }>(UNFINISHED)
        return rows[0]
      }),
    ),
  )
  return {
    open: counts.reduce((sum, row) => sum + Number(row?.open ?? 0), 0),
    givenUp: counts.reduce((sum, row) => sum + Number(row?.given_up ?? 0), 0),
  }
}

async function connected<Value>(url: string, work: (client: Client) => Promise<Value>): Promise<Value> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
