import { openDatabase } from '@tikitu/runtime/database'
import { sendAgain } from '@tikitu/runtime/events'
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

/**
 * Tells a restored service what it has forgotten: its peers send their events since then again, and payment asks its
 * providers about attempts since then. May be repeated, and everything may run meanwhile. Returns how many events each
 * peer's outbox has since then, of whatever type.
 */
export async function catchUp({ service, moment, urls }: Restored): Promise<Partial<Record<ServiceName, number>>> {
  const since = new Date(moment.getTime() - MARGIN_MILLISECONDS)
  const again: Partial<Record<ServiceName, number>> = {}
  for (const peer of SERVICE_NAMES) {
    const url = urls[peer]
    if (url === undefined) continue
    const database = openDatabase({ url, connectionsMax: 4, log: createLog(peer, 'silent') })
    try {
      // One of the two pipes exists: that of the consumer, or that of the broker.
      for (const pipe of [service, 'rabbitmq'])
        again[peer] = (again[peer] ?? 0) + (await sendAgain(database.pool, pipe, since))
      if (peer !== 'payment' || service !== 'payment') continue
      await transact(database, async (tx) => {
        await sendJob(tx, AdoptPayments, { since: since.toISOString() })
        return accept()
      })
    } finally {
      await database.close()
    }
  }
  return again
}
