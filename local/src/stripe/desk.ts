import { randomBytes } from 'node:crypto'
import type { Books } from './books.ts'
import type { Behaviour } from './instruments.ts'
import type { BalanceTransaction, StripeEvent } from './objects.ts'

/** What everything that the account does stands on. */
export interface Desk {
  readonly books: Books
  /** The sandbox's clock, in milliseconds. */
  readonly now: () => number
  /** Where the sandbox's own pages are. */
  readonly origin: () => string
  /** How long what is late takes, in milliseconds. */
  readonly lateMilliseconds: number
  /** Whether somebody wants webhooks. */
  readonly tellsEvents: boolean
}

/** The version of the API that events are written in: the one of the SDK that we use. */
const API_VERSION = '2026-10-28.endive'

/** How long something takes that is not late but not at once either, in milliseconds. */
export const SOON_MILLISECONDS = 100

/** A name as Stripe gives them: `pi_3f…`. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`
}

/** The sandbox's clock in Unix seconds. */
export function seconds({ now }: Pick<Desk, 'now'>): number {
  return Math.floor(now() / 1_000)
}

/** Writes down that something happened and plans its webhook, as the instrument has it. */
export function tell(desk: Desk, type: string, object: object, travels?: Behaviour['webhooks']): void {
  const event: StripeEvent = {
    id: newId('evt'),
    object: 'event',
    api_version: API_VERSION,
    created: seconds(desk),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  }
  desk.books.put('event', event)
  if (!desk.tellsEvents || travels === 'lost') return
  // Out of order: what happened first is told last.
  const isLate = travels === 'delayed' || (travels === 'reordered' && type === 'payment_intent.processing')
  const at = desk.now() + (isLate ? desk.lateMilliseconds : 0)
  for (let copy = 0; copy < (travels === 'doubled' ? 2 : 1); copy++) desk.books.plan('webhook', event.id, at)
}

/** What Stripe keeps of a charge: a share in hundredths of a per cent, and so many minor units. */
const FEE_BASIS_POINTS = 150
const FEE_FIXED = 25

/** Writes down a movement of money on the account. Answers with its name. */
export function move(
  desk: Desk,
  facts: Pick<BalanceTransaction, 'type' | 'source' | 'amount' | 'currency' | 'reporting_category'>,
): string {
  const fee = facts.type === 'charge' ? Math.round((facts.amount * FEE_BASIS_POINTS) / 10_000) + FEE_FIXED : 0
  const moved: BalanceTransaction = {
    id: newId('txn'),
    object: 'balance_transaction',
    ...facts,
    created: seconds(desk),
    fee,
    net: facts.amount - fee,
    status: 'available',
  }
  desk.books.put('balance_transaction', moved)
  return moved.id
}
