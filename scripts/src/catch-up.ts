import { openDatabase } from '@tikitu/runtime/database'
import { OUTBOX_KEPT_DAYS, sendAgain } from '@tikitu/runtime/events'
import { defineJob, sendJob } from '@tikitu/runtime/jobs'
import { createLog } from '@tikitu/runtime/log'
import { accept } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import { z } from 'zod'

/** Begun so long before the moment a database was restored to: an event is older than the transaction it arrived in. */
const MARGIN_MILLISECONDS = 300_000

/** The payment service's job of this name, which checks what it is given. */
const AdoptPayments = defineJob('payment.adopt', z.object({ since: z.iso.datetime() }))

/** A service whose database was restored. */
export interface Restored {
  readonly service: ServiceName
  /** The moment that the database is back at. */
  readonly moment: Date
  /** Where the databases are; of those that are not named, nothing comes again. */
  readonly urls: Readonly<Partial<Record<ServiceName, string>>>
}

/** What came of a peer: how many events its outbox has since then, of whatever type, or why it could not be asked. */
export type Told =
  | { readonly peer: ServiceName; readonly events: number; readonly error?: never }
  | { readonly peer: ServiceName; readonly events?: never; readonly error: Error }

/**
 * Tells a restored service what it has forgotten: its peers send their events since then again, and payment asks its
 * providers about attempts since then. May be repeated, and everything may run meanwhile. A peer that cannot be reached
 * holds up no other.
 */
export async function* catchUp({ service, moment, urls }: Restored): AsyncGenerator<Told> {
  const since = new Date(moment.getTime() - MARGIN_MILLISECONDS)
  for (const peer of SERVICE_NAMES) {
    const url = urls[peer]
    if (url === undefined) continue
    const database = openDatabase({ url, connectionsMax: 4, log: createLog(peer, 'silent') })
    try {
      // One of the two pipes exists: that of the consumer, or that of the broker.
      const events =
        (await sendAgain(database.pool, service, since)) + (await sendAgain(database.pool, 'rabbitmq', since))
      if (peer === 'payment' && service === 'payment') {
        await transact(database, async (tx) => {
          await sendJob(tx, AdoptPayments, { since: since.toISOString() })
          return accept()
        })
      }
      yield { peer, events }
    } catch (error) {
      yield { peer, error: error instanceof Error ? error : new Error(String(error)) }
    } finally {
      await database.close()
    }
  }
}

const DAY_MILLISECONDS = 86_400_000

const instant = z.iso.datetime({ offset: true })

/**
 * Reads `<service> <moment>` and where the databases are, from `DATABASE_URL_BOOKING` and its kin. Throws with what is
 * wrong: of a peer that is left out nothing would come again, and nobody would notice.
 */
export function restoredIn(args: readonly string[], env: NodeJS.ProcessEnv, now: Date): Restored {
  const [name, moment = '', ...more] = args
  const service = SERVICE_NAMES.find((known) => known === name)
  if (!service || more.length > 0)
    throw new Error(
      `expected pnpm catch-up <service> <moment>, where the service is one of ${SERVICE_NAMES.join(', ')}.`,
    )
  if (!instant.safeParse(moment).success)
    throw new Error(`the moment "${moment}" is no instant with its time zone, such as 2027-05-01T20:15:00Z.`)
  const at = new Date(moment)
  if (at > now) throw new Error(`the moment ${moment} is yet to come.`)
  if (now.getTime() - at.getTime() > OUTBOX_KEPT_DAYS * DAY_MILLISECONDS)
    throw new Error(`the moment ${moment} is too long ago: events are kept for ${OUTBOX_KEPT_DAYS} days.`)
  const urls = Object.fromEntries(
    SERVICE_NAMES.flatMap((known) => {
      const url = env[variableOf(known)]
      return url ? [[known, url]] : []
    }),
  )
  const missing = SERVICE_NAMES.filter((known) => !urls[known]).map(variableOf)
  if (missing.length > 0) throw new Error(`not set: ${missing.join(', ')}.`)
  return { service, moment: at, urls }
}

const variableOf = (service: ServiceName) => `DATABASE_URL_${service.toUpperCase()}`
