import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Desk } from './desk.ts'

/** Where webhooks go, and what they are signed with. */
export interface Endpoint {
  /** An address on this machine. */
  readonly url: string
  readonly secret: string
}

/** How long an endpoint may take to answer, in milliseconds. */
const ANSWER_MILLISECONDS = 10_000
/** How long after a delivery that failed the next one is made, in milliseconds; each next pause is twice as long. */
const RETRY_MILLISECONDS = 500
const RETRY_MILLISECONDS_MAX = 3_600_000
/** How often an event is delivered before it is given up: some three days of trying. */
const ATTEMPTS_MAX = 80

const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** Signs a body as Stripe does, with the time in Unix seconds. */
function sign(body: string, secret: string, atSeconds: number): string {
  const signature = createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex')
  return `t=${atSeconds},v1=${signature}`
}

/** Delivers an event once. Answers when to try again, in milliseconds from now; null when it has arrived or was given up. */
export async function deliver(
  { books, now }: Desk,
  { url, secret }: Endpoint,
  { id, attempts }: { readonly id: string; readonly attempts: number },
): Promise<number | null> {
  const event = books.get('event', id)
  if (!event) return null
  const body = JSON.stringify(event)
  // Signed anew each time: a delivery that is old by its signature would be taken for a replay.
  const signature = sign(body, secret, Math.floor(now() / 1_000))
  const status = await post(url, body, signature).catch(() => 0)
  if ((status >= 200 && status < 300) || attempts + 1 >= ATTEMPTS_MAX) return null
  return Math.min(RETRY_MILLISECONDS * 2 ** attempts, RETRY_MILLISECONDS_MAX)
}

function post(url: string, body: string, signature: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        timeout: ANSWER_MILLISECONDS,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          'stripe-signature': signature,
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
        answer.on('error', reject)
      },
    )
    sent.on('timeout', () => sent.destroy(new Error('the endpoint does not answer')))
    sent.on('error', reject)
    sent.end(body)
  })
}
