import { createHmac } from 'node:crypto'
import { askSandbox, WEBHOOK_SECRET } from '../../services/payment/test/sandbox.ts'
import type { Purchase } from './purchase.ts'
import type { System } from './system.ts'

/** What a webhook says about when and by whom it was sent. */
export interface Sent {
  readonly secondsAgo?: number
  readonly secret?: string
}

/** Signs a webhook as the provider does. */
export function signatureOf(body: string, { secondsAgo = 0, secret = WEBHOOK_SECRET }: Sent = {}): string {
  const at = Math.floor(Date.now() / 1_000) - secondsAgo
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

/** What the provider has to tell about the attempts of a booking, oldest first, as it would send it. */
export async function webhooksOf(system: System, purchase: Purchase): Promise<string[]> {
  const refs = new Set((await attemptsOf(system, purchase)).map(({ provider_ref: ref }) => ref))
  const { data } = (await askSandbox('GET', 'events', { limit: '100' })) as {
    data: { data: { object: { id: string; payment_intent?: string } } }[]
  }
  return data
    .filter(({ data: { object } }) => refs.has(object.id) || refs.has(object.payment_intent ?? ''))
    .map((event) => JSON.stringify(event))
    .toReversed()
}

/** The provider sends them, one after the other. Answers with the statuses. */
export async function arrive({ payment }: System, bodies: readonly string[]): Promise<number[]> {
  const statuses: number[] = []
  for (const body of bodies) statuses.push(await payment.receive(body, signatureOf(body)))
  return statuses
}

/** The buyer does what their bank asks for on its page. */
export async function showsUpAtTheBank(system: System, purchase: Purchase): Promise<void> {
  await showsUpAt(await bankPageOf(system, purchase))
}

/** Where the buyer's bank wants to see them. */
export async function bankPageOf(system: System, purchase: Purchase): Promise<string> {
  return (await attemptsOf(system, purchase)).at(-1)?.next_action_url ?? ''
}

/** The same for a page that the buyer has open. */
export async function showsUpAt(page: string): Promise<void> {
  await fetch(page, { method: 'POST', redirect: 'manual' })
}

/** How many of these webhooks are written down, counted as often as they are. */
export async function webhooksKept({ payment }: System, bodies: readonly string[]): Promise<number> {
  const ids = bodies.map((body) => (JSON.parse(body) as { id: string }).id)
  const { rows } = await payment.database.pool.query('select from payment_log where event_id = any($1)', [ids])
  return rows.length
}

async function attemptsOf({ payment }: System, { id }: Purchase) {
  const { rows } = await payment.database.pool.query<{ provider_ref: string; next_action_url: string | null }>(
    'select provider_ref, next_action_url from payments where booking_id = $1 order by attempt',
    [id],
  )
  return rows
}
