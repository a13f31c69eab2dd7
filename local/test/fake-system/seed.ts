// Demo data of the fake system: notes in the admin's database that it was here.
import { Client } from 'pg'

const client = new Client({ connectionString: process.env['DATABASE_URL_ADMIN'] ?? '' })
await client.connect()
await client.query('create table if not exists seeded (at timestamptz not null default now())')
await client.query('insert into seeded default values')
await client.end()
