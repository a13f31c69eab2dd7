import { setTimeout as pause } from 'node:timers/promises'
import { anonymous, IDENTITY_HEADER, signIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { SECRET, type Processes, type Seller } from './processes.ts'

/** General admission that is on sale. */
export interface OnSale {
  readonly eventId: string
  readonly ticketTypeId: string
}

/** What became of those who came. */
export interface Turnout {
  /** Purchases that went as far as their buyer wanted. */
  bought: number
  cancelled: number
  abandoned: number
  /** Answers that were refusals, by name. */
  readonly refused: Record<string, number>
  /** Requests that got no answer and were sent again. */
  unanswered: number
}

interface Answer {
  readonly __typename: string
  readonly id?: string
  readonly status?: string
}

/** How long a buyer waits between two tries, in milliseconds. */
const PATIENCE_MILLISECONDS = 50

const MUTATIONS = {
  holdGeneralAdmission: ['booking', 'HoldGeneralAdmissionInput', 'Hold { id }'],
  checkout: ['booking', 'CheckoutInput', 'Booking { id status }'],
  startPayment: ['payment', 'StartPaymentInput', 'Payment { id status }'],
  confirmPayment: ['payment', 'ConfirmPaymentInput', 'Payment { id status }'],
  cancelBooking: ['booking', 'CancelBookingInput', 'Booking { id status }'],
} as const satisfies Record<string, readonly [Seller, string, string]>

/**
 * So many buyers at once, each of whom buys, then comes back as another: most pay, some are declined first, some cancel
 * and some go away in the middle. Whoever gets no answer asks again in the same words. They leave when `left` is aborted.
 */
export async function crowd(
  processes: Processes,
  { eventId, ticketTypeId }: OnSale,
  { buyers, left }: { readonly buyers: number; readonly left: AbortSignal },
): Promise<Turnout> {
  const turnout: Turnout = { bought: 0, cancelled: 0, abandoned: 0, refused: {}, unanswered: 0 }
  let nth = 0

  async function ask(userId: string, name: keyof typeof MUTATIONS, input: object): Promise<Answer | null> {
    const [service, type, fields] = MUTATIONS[name]
    while (true) {
      try {
        const answer = await post(processes.origin(service), userId, {
          query: `mutation ($input: ${type}!) { outcome: ${name}(input: $input) { __typename ... on ${fields} } }`,
          variables: { input },
        })
        if (answer.id !== undefined) return answer
        turnout.refused[answer.__typename] = (turnout.refused[answer.__typename] ?? 0) + 1
        return null
      } catch {
        turnout.unanswered += 1
        if (left.aborted) return null
        await pause(PATIENCE_MILLISECONDS)
      }
    }
  }

  async function buy(kind: number): Promise<void> {
    const userId = newId()
    const hold = { eventId, ticketTypeId, quantity: 1 + (kind % 3), idempotencyKey: newId() }
    const held = await ask(userId, 'holdGeneralAdmission', hold)
    const booked = held && (await ask(userId, 'checkout', { holdId: held.id, idempotencyKey: newId() }))
    if (!booked) return
    const start = () => ({ bookingId: booked.id, method: 'CARD', idempotencyKey: newId() })
    if (kind % 5 === 0) {
      const declined = await ask(userId, 'startPayment', start())
      if (declined) await ask(userId, 'confirmPayment', { paymentId: declined.id, instrument: 'tok_declined' })
    }
    const started = await ask(userId, 'startPayment', start())
    if (!started || kind % 11 === 0) {
      turnout.abandoned += 1
      return
    }
    const cancel = { bookingId: booked.id, reason: 'We cannot come', idempotencyKey: newId() }
    const pay = () => ask(userId, 'confirmPayment', { paymentId: started.id, instrument: 'tok_success' })
    // Both at once: either may win.
    if (kind % 7 === 0) await Promise.all([pay(), ask(userId, 'cancelBooking', cancel)])
    else if (await pay()) turnout.bought += 1
    if (kind % 4 === 0 && (await ask(userId, 'cancelBooking', cancel))) turnout.cancelled += 1
  }

  await Promise.all(
    Array.from({ length: buyers }, async () => {
      while (!left.aborted) await buy(nth++)
    }),
  )
  return turnout
}

async function post(origin: string, userId: string, body: object): Promise<Answer> {
  const identity = { ...anonymous(newId()), kind: 'user' as const, subject: userId, userId }
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [IDENTITY_HEADER]: signIdentity(identity, SECRET) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
  const { data } = (await response.json()) as { data?: { outcome?: Answer | null } | null }
  if (!data?.outcome) throw new Error(`no answer but ${response.status}`)
  return data.outcome
}
