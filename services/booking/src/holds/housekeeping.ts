import { cron, type JobHandler } from '@tikitu/runtime/jobs'
import type { ServiceParts } from '@tikitu/runtime/serve'
import { forgetChanges } from '../inventory/compact-map.sql.ts'
import { deleteEndedHolds } from './extension.sql.ts'

/** How many are deleted by one statement at most, so that nobody waits for it. */
const BATCH = 1_000

/** For so long the changes of a seat map are kept that nobody has followed since, in hours. */
const CHANGES_HOURS = 1

/** What holds and seat maps leave behind, and nobody asks for any more. */
export function holdHousekeeping(parts: ServiceParts): JobHandler[] {
  return [
    cron('holds.forget', '41 * * * *', async () => void (await forgetEndedHolds(parts))),
    cron('seat_maps.forget', '47 * * * *', () => forgetChanges(parts.database.orm, CHANGES_HOURS)),
  ]
}

/** Deletes holds that ended long ago and never were a booking; returns how many. What was a booking is kept. */
export async function forgetEndedHolds({
  database,
  settings,
}: Pick<ServiceParts, 'database' | 'settings'>): Promise<number> {
  const [days, keyHours] = [settings.get('booking.endedHoldDays'), settings.get('idempotency.hours')]
  let forgotten = 0
  for (;;) {
    const deleted = await deleteEndedHolds(database.orm, { days, keyHours, atMost: BATCH })
    forgotten += deleted
    if (deleted < BATCH) return forgotten
  }
}
