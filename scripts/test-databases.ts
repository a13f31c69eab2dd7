import { keptDatabases } from './src/test/kept-databases.ts'
import { startTestPostgres } from './src/test/postgres.ts'

/** `pnpm test:databases` starts the tests' PostgreSQL and prints where the databases of failed files are, until Ctrl-C. */
const postgres = await startTestPostgres()
const kept = await keptDatabases(postgres.adminUrl())
for (const name of kept) console.log(postgres.adminUrl(name))
console.log(kept.length > 0 ? 'Ctrl-C stops the server.' : 'No database was kept: no test failed in the last run.')
if (kept.length > 0) await new Promise((resolve) => process.once('SIGINT', resolve))
await postgres.stop()
