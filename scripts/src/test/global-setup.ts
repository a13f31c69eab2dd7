import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import type { TestProject } from 'vitest/node'
import { dropKeptDatabases } from './kept-databases.ts'
import { startTestPostgres } from './postgres.ts'

/** Starts one real PostgreSQL for the whole run; `testDatabase` of the runtime makes a database in it for each file. */
export default async function startForRun(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres()
  await dropKeptDatabases(postgres.adminUrl())
  project.provide('postgres', {
    adminUrl: postgres.adminUrl(),
    ownerUrls: Object.fromEntries(SERVICE_NAMES.map((service) => [service, postgres.url(`${service}_db`)])) as Record<
      ServiceName,
      string
    >,
    relayUrl: postgres.relayUrl('user_db'),
  })
  return () => postgres.stop()
}
