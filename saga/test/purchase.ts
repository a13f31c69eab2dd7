import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { aUser, waitFor } from '@tikitu/runtime/testing'
import { takeExpiryTurn } from '../../services/booking/src/bookings/expiry.sql.ts'
import { passDeadline } from '../../services/booking/test/story.ts'
import { aHold, aSale, type HoldFacts, type Sale, type SaleFacts } from '../../services/booking/test/sales.ts'
import { chargesIn, type Charge } from './bank.ts'
import type { System } from './system.ts'

/** A buyer with something to buy, who does one thing after the other through the graphs. */
export interface Purchase {
  readonly buyer: Identity
  readonly sale: Sale
  /** The hold's id, which is the booking's. */
  readonly id: string
  readonly total: number
  readonly quantity: number
}

/** An answer of a mutation: its type, and whatever was asked for. */
export interface Told {
  readonly __typename: string
  readonly id?: string
  readonly status?: string
  readonly [field: string]: unknown
}

/** Somebody holds seats of a sale, a new one unless one is given: two seats for 50 pounds unless said. */
export async function aHolder(
  { booking }: System,
  facts: HoldFacts & SaleFacts & { sale?: Sale } = {},
): Promise<Purchase> {
  const sale = facts.sale ?? (await aSale(booking.database, facts))
  const { id, userId, total, quantity } = await aHold(booking.database, sale, facts)
  return { buyer: aUser({ userId }), sale, id, total, quantity }
}

const CHECKOUT = `mutation ($input: CheckoutInput!) { outcome: checkout(input: $input) { __typename
  ... on Booking { id status } ... on Refusal { message } } }`

/** The buyer checks out. */
export function checksOut({ booking }: System, { buyer, id }: Purchase, key: string = newId()): Promise<Told> {
  return outcome(booking.graph(buyer, CHECKOUT, { input: { holdId: id, idempotencyKey: key } }))
}

const START = `mutation ($input: StartPaymentInput!) { outcome: startPayment(input: $input) { __typename
  ... on Payment { id status } ... on Refusal { message } } }`

/** The buyer begins to pay. */
export function begins({ payment }: System, { buyer, id }: Purchase, key: string = newId()): Promise<Told> {
  return outcome(payment.graph(buyer, START, { input: { bookingId: id, method: 'CARD', idempotencyKey: key } }))
}

const CONFIRM = `mutation ($input: ConfirmPaymentInput!) { outcome: confirmPayment(input: $input) { __typename
  ... on Payment { id status } ... on Refusal { message } } }`

/** The buyer confirms the attempt that they began. */
export function confirms(
  { payment }: System,
  { buyer }: Purchase,
  paymentId: string,
  instrument = 'tok_success',
): Promise<Told> {
  return outcome(payment.graph(buyer, CONFIRM, { input: { paymentId, instrument } }))
}

const CANCEL = `mutation ($input: CancelBookingInput!) { outcome: cancelBooking(input: $input) { __typename
  ... on Booking { id status } ... on Refusal { message } } }`

/** The buyer cancels. */
export function cancels({ booking }: System, { buyer, id }: Purchase, key: string = newId()): Promise<Told> {
  const input = { bookingId: id, reason: 'We cannot come', idempotencyKey: key }
  return outcome(booking.graph(buyer, CANCEL, { input }))
}

/** The buyer begins to pay. Answers with the attempt's id; throws when that is refused. */
export async function triesToPay(system: System, purchase: Purchase, key: string = newId()): Promise<string> {
  const { id, __typename } = await begins(system, purchase, key)
  if (id === undefined) throw new Error(`the buyer could not begin to pay: ${__typename}`)
  return id
}

/** The buyer has checked out and begun to pay. Answers with the attempt's id. */
export async function pays(system: System, purchase: Purchase): Promise<string> {
  await checksOut(system, purchase)
  return triesToPay(system, purchase)
}

/** Somebody who has bought, and has their tickets. */
export async function aTicketHolder(system: System, facts: Parameters<typeof aHolder>[1] = {}): Promise<Purchase> {
  const purchase = await aHolder(system, facts)
  await confirms(system, purchase, await pays(system, purchase))
  await becomes(system, purchase, 'CONFIRMED')
  return purchase
}

/** The end of the hold or the payment deadline passes, without anybody noticing yet. */
export function runsOut({ booking }: System, { id }: Purchase): Promise<void> {
  return passDeadline(booking.database, id)
}

/** How a booking stands. */
export interface Standing {
  readonly status: string
  readonly late: boolean
  /** Those that are not cancelled. */
  readonly tickets: number
}

/** How the booking stands now. */
export async function standingOf({ booking }: System, { id }: Purchase): Promise<Standing> {
  const { rows } = await booking.database.pool.query<Standing>(
    `select status, late, (select count(*) from tickets where booking_id = b.id and status <> 'CANCELLED')::int as tickets
       from bookings b where id = $1`,
    [id],
  )
  if (!rows[0]) throw new Error('there is no such booking')
  return rows[0]
}

/** Waits until the booking is in a state. */
export async function becomes(system: System, purchase: Purchase, status: string): Promise<void> {
  await waitFor(`the booking to be ${status}`, async () => (await standingOf(system, purchase)).status === status)
}

/** The money of a booking, in minor units: what payment took for it, and what went back. */
export async function moneyOf({ payment }: System, { id }: Purchase) {
  const { rows } = await payment.database.pool.query<{ taken: number; returned: number; attempts: string[] }>(
    `select coalesce(sum(captured), 0)::float as taken, coalesce(sum(refunded), 0)::float as returned,
            coalesce(array_agg(status order by attempt), '{}') as attempts
       from payments where booking_id = $1`,
    [id],
  )
  return rows[0]
}

/** What the provider says it took for the booking, in its own books: nobody but it knows of a second charge. */
export async function chargedFor({ payment }: System, { id }: Purchase): Promise<Charge[]> {
  const { rows } = await payment.database.pool.query<{ ref: string }>(
    'select provider_ref as ref from payments where booking_id = $1',
    [id],
  )
  const ours = new Set(rows.map(({ ref }) => ref))
  return (await chargesIn(payment.database)).filter(({ ref, taken }) => taken > 0 && ours.has(ref))
}

/** What a buyer does who gets no answer: asks again in the same words. */
export async function insists<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  let answer: { given: Answer } | undefined
  await waitFor('an answer', async () => {
    answer = await ask().then(
      (given) => ({ given }),
      () => undefined,
    )
    return answer !== undefined
  })
  if (!answer) throw new Error('there is no answer')
  return answer.given
}

/** The buyer does what their bank wants, and the provider takes the money; nobody has told us. */
export async function paysAtTheBank({ bank, payment }: System, paymentId: string): Promise<void> {
  const { rows } = await payment.database.pool.query<{ provider_ref: string }>(
    'select provider_ref from payments where id = $1',
    [paymentId],
  )
  await bank.itself.confirmIntent(rows[0]?.provider_ref ?? '', 'tok_success')
}

/** Somebody has the turn of booking's timer and does nothing with it. */
export async function withoutTimer({ booking }: System, work: () => Promise<void>): Promise<void> {
  await booking.database.orm.transaction(async (tx) => {
    await waitFor('the turn of the timer', () => takeExpiryTurn(tx))
    await work()
  })
}

async function outcome(answer: ReturnType<System['booking']['graph']>): Promise<Told> {
  const { data, errors } = await answer
  if (errors[0]) throw new Error(`${errors[0].message} (${String(errors[0].extensions['code'])})`)
  return data.outcome
}
