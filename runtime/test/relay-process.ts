import { openDatabase } from '../src/database.ts'
import { postgresTransport, startEvents } from '../src/events/index.ts'
import { ROUTES, silent } from './routes.ts'

/*
 * A process that does nothing but relay booking's outbox to payment, for tests that kill it.
 * Arguments: the publisher's database, the address of the consumer's inbox.
 */
const [url, relayUrl] = process.argv.slice(2)
if (!url || !relayUrl) throw new Error('usage: relay-process <database> <inbox>')

const database = openDatabase({ url, log: silent })
await startEvents({
  service: 'booking',
  database,
  subscriptions: [],
  routes: ROUTES,
  transport: postgresTransport({ publisher: 'booking', relayUrls: { payment: relayUrl }, database, log: silent }),
  log: silent,
})
process.once('disconnect', () => process.exit(1))
process.send?.('started')
