import { openDatabase } from '@tikitu/runtime/database'
import { createLog } from '@tikitu/runtime/log'
import { takeTurn } from '../src/follow-ups/follow-ups.ts'

/*
 * An instance that does nothing but go on with what events left to do, a booking at a time, until it is killed: the test
 * that forks it says over which database.
 */
const [url = ''] = process.argv.slice(2)
const log = createLog('booking', 'fatal')
const database = openDatabase({ url, connectionsMax: 2, log })
process.send?.('ready')
for (;;) {
  await database.pool.query('update event_follow_ups set next_at = now() where finished_at is null')
  await takeTurn({ database, log, bookings: 3 })
}
