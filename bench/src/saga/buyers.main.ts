// The buyers, a process of their own.
import { setTimeout as pause } from 'node:timers/promises'
import { anonymous, IDENTITY_HEADER, signIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { openClient, type Client } from '../gateways/client.ts'
import { percentile, type Bought, type Buying, type BuyingMessage } from './buying.ts'

type Service = keyof Buying['ports']

const STEPS = {
  checkout: ['booking', 'CheckoutInput', 'Booking { id }'],
  startPayment: ['payment', 'StartPaymentInput', 'Payment { id }'],
  confirmPayment: ['payment', 'ConfirmPaymentInput', 'Payment { id status }'],
} as const satisfies Record<string, readonly [Service, string, string]>

process.on('message', (buying: Buying) => {
  run(buying).then(
    (bought) => tell({ type: 'bought', bought }),
    (error: unknown) => tell({ type: 'failed', message: String(error) }),
  )
})
process.once('disconnect', () => process.exit())

function tell(message: BuyingMessage): void {
  process.send?.(message)
}

async function run({ ports, identitySecret, holds, perSecond, together, instrument }: Buying): Promise<Bought> {
  const { promise: broken, reject } = Promise.withResolvers<never>()
  const free: Record<Service, Client[]> = { booking: [], payment: [] }
  const paying: number[] = []
  const wrong: Record<string, number> = {}

  const ask = async (userId: string, name: keyof typeof STEPS, input: object): Promise<string | null> => {
    const [service, type, fields] = STEPS[name]
    const client = free[service].pop() ?? openClient(ports[service], reject)
    const { promise, resolve } = Promise.withResolvers<string>()
    client.send(requestOf(identityOf(userId, identitySecret), name, type, fields, input), ({ body }) =>
      resolve(body.toString()),
    )
    const answer = await promise
    free[service].push(client)
    const id = /"id":"([^"]+)"/.exec(answer)?.[1]
    if (id === undefined) wrong[answer] = (wrong[answer] ?? 0) + 1
    return id ?? null
  }
  const purchase = async ({ id: holdId, userId }: Buying['holds'][number]): Promise<void> => {
    const bookingId = await ask(userId, 'checkout', { holdId, idempotencyKey: newId() })
    if (bookingId === null) return
    const paymentId = await ask(userId, 'startPayment', { bookingId, method: 'CARD', idempotencyKey: newId() })
    if (paymentId === null) return
    const clickedAt = performance.now()
    await ask(userId, 'confirmPayment', { paymentId, instrument })
    paying.push(performance.now() - clickedAt)
  }

  const begunAt = performance.now()
  const all = perSecond === undefined ? oneAfterTheOther() : atTheirTime(perSecond)
  await Promise.race([all, broken])
  for (const client of [...free.booking, ...free.payment]) client.close()
  return {
    seconds: (performance.now() - begunAt) / 1_000,
    paying: { p50: percentile(paying, 0.5), p99: percentile(paying, 0.99) },
    wrong,
  }

  async function oneAfterTheOther(): Promise<void> {
    const waiting = holds.values()
    const buyer = async () => {
      for (const hold of waiting) await purchase(hold)
    }
    await Promise.all(Array.from({ length: together }, buyer))
  }

  async function atTheirTime(rate: number): Promise<void> {
    const purchases: Promise<void>[] = []
    for (const [nth, hold] of holds.entries()) {
      const early = begunAt + (nth / rate) * 1_000 - performance.now()
      if (early > 0) await pause(early)
      purchases.push(purchase(hold))
    }
    await Promise.all(purchases)
  }
}

function identityOf(userId: string, secret: string): string {
  return signIdentity({ ...anonymous(newId()), kind: 'user', subject: userId, userId }, secret)
}

function requestOf(identity: string, name: string, type: string, fields: string, input: object): Buffer {
  const query = `mutation ($input: ${type}!) { outcome: ${name}(input: $input) { __typename ... on ${fields} ... on Refusal { message } } }`
  const body = JSON.stringify({ query, variables: { input } })
  return Buffer.from(
    `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
      `${IDENTITY_HEADER}: ${identity}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
