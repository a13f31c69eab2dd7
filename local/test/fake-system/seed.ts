// Demo data of the fake system: asks the admin service, and notes in its database that it was here.
import { Client } from 'pg'

const answer = await fetch(process.env['ADMIN_ADDRESS'] ?? '')
const { DATABASE_URL_ADMIN } = (await answer.json()) as Record<string, string>
const client = new Client({ connectionString: DATABASE_URL_ADMIN ?? '' })
await client.connect()
await client.query('create table if not exists seeded (at timestamptz not null default now())')
await client.query('insert into seeded default values')

const { rowCount: attempts } = await client.query('select from seeded')
await client.end()
if (Number(process.env['FAKE_SEED_FAILURES'] ?? 0) >= (attempts ?? 0)) throw new Error('interrupted')
