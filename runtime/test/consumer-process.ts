import { sql } from 'drizzle-orm'
import { openDatabase } from '../src/database.ts'
import { on, rabbitmqTransport, startEvents } from '../src/events/index.ts'
import { Counted, ROUTES, silent } from './routes.ts'

/*
 * A process that does nothing but handle what payment receives over RabbitMQ, for tests that kill it.
 * Arguments: the consumer's database, the broker, the prefix there.
 */
const [url, broker, prefix] = process.argv.slice(2)
if (!url || !broker || !prefix) throw new Error('usage: consumer-process <database> <broker> <prefix>')

const database = openDatabase({ url, log: silent })
await startEvents({
  service: 'payment',
  database,
  subscriptions: [
    on(Counted, async (tx, { key, n }) => {
      await tx.execute(sql`insert into handled (key, n) values (${key}, ${n})`)
    }),
  ],
  routes: ROUTES,
  transport: rabbitmqTransport({ service: 'payment', url: broker, log: silent, prefix }),
  log: silent,
})
process.once('disconnect', () => process.exit(1))
process.send?.('started')
