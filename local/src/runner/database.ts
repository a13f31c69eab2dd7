import { join } from 'node:path'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import { startPostgres } from '../postgres/server.ts'
import type { ExternalDatabase, Settings } from '../settings.ts'
import { keepRunning } from './keep-running.ts'
import type { Output } from './output.ts'

/** Where each service's database is. */
export type Databases = Record<ServiceName, ExternalDatabase>

/** The services that have no database elsewhere, so that the embedded server has to have one for them. */
export function embeddedServices(settings: Settings): ServiceName[] {
  return SERVICE_NAMES.filter((service) => !settings.externalDatabases[service])
}

/** Starts the embedded server, with the databases of `embeddedServices`, and keeps it running. */
export async function startEmbeddedDatabases(
  settings: Settings,
  { output, failed, signal }: { output: Output; failed: (error: Error) => void; signal: AbortSignal },
) {
  const services = embeddedServices(settings)
  const nameOf = (service: ServiceName) => `${service}_db`
  const { first, stop } = await keepRunning({
    name: 'PostgreSQL',
    output,
    failed,
    signal,
    start: () =>
      startPostgres({
        dataDir: join(settings.dataDir, 'postgres'),
        port: settings.ports.postgres,
        durable: true,
        databases: services.map((service) => ({ name: nameOf(service), owner: `tikitu_${service}` })),
        log: (line) => output.line(line, 'stdout'),
      }),
  })
  // They stay true when the server is started again: port and passwords are the same.
  const databases = services.map((service) => {
    const name = nameOf(service)
    return [service, { url: first.url(name), relayUrl: first.relayUrl(name) }]
  })
  return { databases: Object.fromEntries(databases) as Partial<Databases>, port: first.port, stop }
}
