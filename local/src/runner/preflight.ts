import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import { assertPortFree, PortTaken } from '../ports.ts'
import type { Settings } from '../settings.ts'
import { waitUntil } from '../wait.ts'
import { embeddedServices } from './database.ts'

/** How long processes of a runner that was killed may hold their ports, in milliseconds. */
const LEFTOVER_TIMEOUT_MS = 15_000

/**
 * Throws `PortTaken` for the first port of the system that something else listens on, before anything is started. If a
 * runner was killed here, what it left is given time to go.
 */
export async function assertPortsFree(settings: Settings, { leftBehind }: { leftBehind: boolean }): Promise<void> {
  for (const [port, purpose] of wantedPorts(settings)) {
    if (!leftBehind) {
      await assertPortFree(port, purpose)
      continue
    }
    await waitUntil(() => isFree(port, purpose), { what: purpose, timeoutMs: LEFTOVER_TIMEOUT_MS, everyMs: 100 }).catch(
      () => assertPortFree(port, purpose),
    )
  }
}

async function isFree(port: number, purpose: string): Promise<boolean> {
  try {
    await assertPortFree(port, purpose)
    return true
  } catch (error) {
    if (error instanceof PortTaken) return false
    throw error
  }
}

function wantedPorts(settings: Settings): [port: number, purpose: string][] {
  const { ports } = settings
  // A server that runs on this data already will be taken over with its port.
  const adoptable = existsSync(join(settings.dataDir, 'postgres/pgdata/postmaster.pid'))
  const embedded = embeddedServices(settings).length > 0 && !adoptable
  return [
    [ports.gateway, 'gateway'],
    ...SERVICE_NAMES.map((service): [number, string] => [ports[service], `${service} service`]),
    ...(embedded ? [[ports.postgres, 'embedded PostgreSQL'] satisfies [number, string]] : []),
    ...(settings.cognito.localOrigin === undefined
      ? []
      : [[ports.issuer, 'development Cognito issuer'] satisfies [number, string]]),
    ...(settings.paymentProvider === 'sandbox' ? [[ports.sandbox, 'payment sandbox'] satisfies [number, string]] : []),
    ...(settings.smtpUrl === undefined
      ? [[ports.smtp, 'SMTP'] satisfies [number, string], [ports.inbox, 'mail inbox'] satisfies [number, string]]
      : []),
  ]
}
