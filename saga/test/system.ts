import { readServiceConfig } from '@tikitu/runtime/config'
import { TEST_IDENTITY_SECRET, testDatabase, type TestDatabase } from '@tikitu/runtime/testing'
import { defineBooking } from '../../services/booking/src/service.ts'
import { TICKET_KEY_SECRET } from '../../services/booking/test/build.ts'
import { definePayment } from '../../services/payment/src/service.ts'
import { aSandbox } from '../../services/payment/test/sandbox.ts'
import { Bank, chargesIn } from './bank.ts'
import { wrongIn } from './books.ts'
import { Network } from './network.ts'
import { areQuiet, aNode, type Node } from './node.ts'

/** Booking and payment as they are deployed, in this process, with a network and a provider that tests disturb. */
export interface System {
  readonly booking: Node
  readonly payment: Node
  readonly network: Network
  readonly bank: Bank
  /** The databases behind the nodes, by name. */
  readonly made: Readonly<Record<'booking' | 'payment', TestDatabase>>
}

/** What may be said about a system. */
export interface SystemFacts {
  /** Where the provider is reached; at its own address unless said. */
  readonly origin?: string
  /** By how many milliseconds the clock of each instance of a service is wrong; one with the right time unless said. */
  readonly clocks?: readonly number[]
  /** The database of a service; one of the server that all tests share unless said. */
  readonly databaseOf?: (service: 'booking' | 'payment') => Promise<TestDatabase>
}

/** Opens one over fresh databases, which are gone after the file's last test. Call it once, in `beforeAll`. */
export async function openSystem(facts: SystemFacts = {}): Promise<System> {
  const { databaseOf = testDatabase, clocks = [0] } = facts
  const [forBooking, forPayment] = await Promise.all([databaseOf('booking'), databaseOf('payment')])
  const network = new Network({ booking: forBooking.relayUrl, payment: forPayment.relayUrl }, forBooking.database)
  await network.open()
  forBooking.beforeDrop(() => network.close())
  const bank = new Bank()
  const configOf = (service: 'booking' | 'payment', url: string) =>
    readServiceConfig(service, {
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      IDENTITY_SECRET: TEST_IDENTITY_SECRET,
      [`DATABASE_URL_${service.toUpperCase()}`]: url,
    })
  const booking = aNode(forBooking, network, {
    definition: defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }),
    config: configOf('booking', forBooking.url),
    clocks,
  })
  const payment = aNode(forPayment, network, {
    definition: definePayment({ provider: 'sandbox' }, () => bank.between({ sandbox: aSandbox(facts) })),
    config: configOf('payment', forPayment.url),
    clocks,
  })
  await Promise.all([booking.start(), payment.start()])
  return { booking, payment, network, bank, made: { booking: forBooking, payment: forPayment } }
}

/** Rounds of the reconciler after which whatever can be settled is: what one finds out is the next one's work. */
const ROUNDS_MAX = 4

/**
 * Disturbs nobody any more, lets everything come to rest as it would in some minutes, and answers with what is wrong
 * then, one sentence each; empty when money and tickets agree.
 */
export async function comesToRest(system: System): Promise<string[]> {
  const { booking, payment, network, bank } = system
  bank.calm()
  booking.disturb(null)
  payment.disturb(null)
  await network.calm()
  await Promise.all([booking.start(), payment.start()])
  let wrong: string[] = []
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await areQuiet([booking, payment])
    wrong = await wrongIn({
      booking: booking.database,
      payment: payment.database,
      charges: () => chargesIn(payment.database),
    })
    if (wrong.length === 0) return []
    await reconcileNow(system)
  }
  return wrong
}

/** Lets the reconciler look at once at everything that it would look at in the next minutes. */
export async function reconcileNow({ payment }: System): Promise<void> {
  await payment.database.pool.query(
    `update payments set check_at = now() where check_at > now();
     update refunds set check_at = now() where check_at > now()`,
  )
  await payment.runJob('payment.reconcile')
}
