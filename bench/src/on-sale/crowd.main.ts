// The crowd of an on-sale, a process of its own. It comes when it comes, whether or not those before it were answered, and
// who is told to come again does so when they are told to, until they have lost their patience. Whose connection breaks asks
// again under the same key, as the page in a browser would.
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

/** How long somebody waits whose connection broke, in milliseconds. */
const RECONNECT_MILLISECONDS = 1_000

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
  const sendingAway: number[] = []
  const broken: Record<string, number> = {}
  const { promise: allAnswered, resolve, reject } = Promise.withResolvers<void>()
  const free: Connection[] = []
  let open = 0

  const before = process.cpuUsage()
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
  const comeAgain = (place: number, inMilliseconds: number) =>
    setTimeout(() => {
      ready.push(place)
      serve()
    }, inMilliseconds)
  const ask = (connection: Connection, place: number) => {
    connection.place = place
    const askedAt = performance.now()
    connection.client.send(requestOf(crowd, tokens[place] ?? '', place, keys[place] ?? ''), (answer) => {
      connection.place = undefined
      if (answer.status >= 500) serverErrors += 1
      const since = performance.now() - openedAt - (arrivals[place] ?? 0)
      if (Number.isNaN(firstAnswers[place])) firstAnswers[place] = since
      const again = comesAgainIn(answer)
      if (again !== undefined) sendingAway.push(performance.now() - askedAt)
      if (again === undefined || since + again > PATIENCE_MILLISECONDS) count(place, kindOf(answer))
      else {
        sentAway += 1
        comeAgain(place, again)
      }
      free.push(connection)
      serve()
    })
  }
  const serve = () => {
    for (; next < ready.length; next += 1) {
      const connection = idle() ?? (open < crowd.connections ? connect() : undefined)
      if (!connection) return
      ask(connection, ready[next] ?? 0)
    }
  }
  const idle = () => {
    for (let connection = free.pop(); connection; connection = free.pop()) {
      if (connection.client.isOpen) return connection
      open -= 1
    }
    return undefined
  }
  const connect = () => {
    open += 1
    const connection: Connection = { client: openClient(crowd.port, (error) => lose(connection, error)) }
    return connection
  }
  /** One that was idle is missed when its turn comes. */
  const lose = (connection: Connection, error: NodeJS.ErrnoException) => {
    const { place } = connection
    if (place === undefined) return
    connection.place = undefined
    connection.client.close()
    open -= 1
    const how = [error.syscall, error.code].filter(Boolean).join(' ') || error.message
    broken[how] = (broken[how] ?? 0) + 1
    comeAgain(place, RECONNECT_MILLISECONDS)
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
  const cpu = process.cpuUsage(before)
  for (const { client } of free) client.close()
  return {
    answers,
    serverErrors,
    broken,
    seats,
    sentAway,
    sentAwayP50: percentile(Float64Array.from(sendingAway), 0.5),
    sentAwayP99: percentile(Float64Array.from(sendingAway), 0.99),
    firstP50: percentile(firstAnswers, 0.5),
    firstP99: percentile(firstAnswers, 0.99),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
    seconds: (performance.now() - openedAt) / 1000,
    cpuMilliseconds: (cpu.user + cpu.system) / 1000,
    bySecond: Array.from({ length: SECONDS }, (_, second) => {
      const isThen = (at: number) => Math.floor(at / 1000) === second
      const waits = latencies.filter((_latency, place) => isThen(arrivals[place] ?? 0))
      return { arrived: waits.length, held: heldAt.filter(isThen).length, p50: percentile(waits, 0.5) }
    }),
  }
}

/** One of the crowd's connections, and whose request is under way on it. */
interface Connection {
  readonly client: Client
  place?: number | undefined
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
function comesAgainIn({ body }: Answer): number | undefined {
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
