// The crowd of an on-sale, a process of its own. It comes when it comes, whether or not those before it were answered, and
// who is told to come again does so when they are told to, until they have lost their patience.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openClient, type Answer, type Client } from '../gateways/client.ts'
import { arrivalsOf, SECONDS } from './arrivals.ts'
import type { Crowd, CrowdMessage, Turnout } from './crowd.ts'

/** Tickets that one buyer wants, in turn: most come in pairs. */
const QUANTITIES = [2, 2, 1, 4, 2] as const

const HOLD = `mutation Hold($input: HoldBestAvailableInput!) {
  holdBestAvailable(input: $input) {
    __typename
    ... on Hold { id expiresAt total { amount currency } }
    ... on Refusal { message }
  }
}`

/** How long after they came somebody comes again, in milliseconds. */
const PATIENCE_MILLISECONDS = 60_000

/** How long after that the last answer may come. */
const ANSWER_MILLISECONDS = 30_000

process.on('message', (crowd: Crowd) => {
  run(crowd).then(
    (turnout) => tell({ type: 'told', turnout }),
    (error: unknown) => tell({ type: 'failed', message: String(error) }),
  )
})
process.once('disconnect', () => process.exit())

function tell(message: CrowdMessage): void {
  process.send?.(message)
}

async function run(crowd: Crowd): Promise<Turnout> {
  const arrivals = arrivalsOf(crowd.scale)
  const tokens = readFileSync(crowd.tokens, 'utf8').split('\n')
  const latencies = new Float64Array(arrivals.length)
  const firstAnswers = new Float64Array(arrivals.length).fill(NaN)
  const keys = Array.from(arrivals, () => randomUUID())
  const heldAt: number[] = []
  const answers: Record<string, number> = {}
  let [serverErrors, seats, answered, arrived, sentAway] = [0, 0, 0, 0, 0]
  /** Who wants to be served now, from `next` on. */
  const ready: number[] = []
  let next = 0
  const { promise: allAnswered, resolve, reject } = Promise.withResolvers<void>()
  const free: Client[] = []
  let open = 0

  const openedAt = performance.now()
  const count = (place: number, kind: string) => {
    const now = performance.now() - openedAt
    latencies[place] = now - (arrivals[place] ?? 0)
    answers[kind] = (answers[kind] ?? 0) + 1
    if (kind === 'Hold') {
      heldAt.push(now)
      seats += quantityOf(place)
    }
    answered += 1
    if (answered === arrivals.length) resolve()
  }
  const ask = (client: Client, place: number) => {
    client.send(requestOf(crowd, tokens[place] ?? '', place, keys[place] ?? ''), (answer) => {
      if (answer.status >= 500) serverErrors += 1
      const since = performance.now() - openedAt - (arrivals[place] ?? 0)
      if (Number.isNaN(firstAnswers[place])) firstAnswers[place] = since
      const again = comesAgainIn(answer)
      if (again === undefined || since + again > PATIENCE_MILLISECONDS) count(place, kindOf(answer))
      else {
        sentAway += 1
        setTimeout(() => {
          ready.push(place)
          serve()
        }, again)
      }
      free.push(client)
      serve()
    })
  }
  const serve = () => {
    for (; next < ready.length; next += 1) {
      const client = free.pop() ?? (open < crowd.connections ? connect() : undefined)
      if (!client) return
      ask(client, ready[next] ?? 0)
    }
  }
  const connect = () => {
    open += 1
    return openClient(crowd.port, (error) => reject(new Error(`A connection broke: ${error.message}`)))
  }

  const clock = setInterval(() => {
    const now = performance.now() - openedAt
    for (; arrived < arrivals.length && (arrivals[arrived] ?? 0) <= now; arrived += 1) ready.push(arrived)
    serve()
    if (now > SECONDS * 1000 + PATIENCE_MILLISECONDS + ANSWER_MILLISECONDS)
      reject(new Error(`${arrivals.length - answered} got no answer.`))
  }, 2)
  try {
    await allAnswered
  } finally {
    clearInterval(clock)
  }
  for (const client of free) client.close()
  return {
    answers,
    serverErrors,
    seats,
    sentAway,
    firstP50: percentile(firstAnswers, 0.5),
    firstP99: percentile(firstAnswers, 0.99),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
    seconds: (performance.now() - openedAt) / 1000,
    bySecond: Array.from({ length: SECONDS }, (_, second) => {
      const isThen = (at: number) => Math.floor(at / 1000) === second
      const waits = latencies.filter((_latency, place) => isThen(arrivals[place] ?? 0))
      return { arrived: waits.length, held: heldAt.filter(isThen).length, p50: percentile(waits, 0.5) }
    }),
  }
}

const quantityOf = (place: number): number => QUANTITIES[place % QUANTITIES.length] ?? 2

function requestOf({ eventId, ticketTypeIds }: Crowd, token: string, place: number, idempotencyKey: string): Buffer {
  const ticketTypeId = ticketTypeIds[place % ticketTypeIds.length]
  const input = { eventId, ticketTypeId, quantity: quantityOf(place), idempotencyKey }
  const body = JSON.stringify({ query: HOLD, variables: { input } })
  return Buffer.from(
    `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\naccept: application/json\r\n` +
      `authorization: Bearer ${token}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** When somebody was told to come again, in milliseconds; undefined for an answer that is one. */
function comesAgainIn({ status, body }: Answer): number | undefined {
  if (status !== 429) return undefined
  const seconds = /"retryAfterSeconds":(\d+)/.exec(body.toString())?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

function kindOf({ status, body }: Answer): string {
  const text = body.toString()
  const code = /"code":"(\w+)"/.exec(text)?.[1]
  if (code) return code
  return /"__typename":"(\w+)"/.exec(text)?.[1] ?? `HTTP ${status}`
}

function percentile(values: Float64Array, share: number): number {
  const sorted = values.toSorted()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
