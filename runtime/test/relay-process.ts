import { openDatabase } from '../src/database.ts'
import { postgresTransport, rabbitmqTransport, startEvents } from '../src/events/index.ts'
import { ROUTES, silent } from './routes.ts'

/*
 * A process that does nothing but relay booking's outbox to payment, for tests that kill it.
 * Arguments: the publisher's database, and the address of the consumer's inbox or of a broker with the prefix there.
 */
const [url, to, prefix] = process.argv.slice(2)
if (!url || !to) throw new Error('usage: relay-process <database> (<inbox> | <broker> <prefix>)')

const database = openDatabase({ url, log: silent })
await startEvents({
  service: 'booking',
  database,
  subscriptions: [],
  routes: ROUTES,
  transport: prefix
    ? rabbitmqTransport({ service: 'booking', url: to, log: silent, prefix })
    : postgresTransport({ publisher: 'booking', relayUrls: { payment: to }, database, log: silent }),
  log: silent,
})
process.once('disconnect', () => process.exit(1))
process.send?.('started')
