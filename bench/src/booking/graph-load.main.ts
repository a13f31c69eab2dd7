// The load generator for the service's graph, a process of its own: it runs what its parent sends it.
import { randomUUID } from 'node:crypto'
import { anonymous, IDENTITY_HEADER, signIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { openClient } from '../gateways/client.ts'
import type { GraphLoad, GraphLoadMessage, Want } from './graph-load.ts'
import { seatId } from './world.ts'

/** What is made beforehand must not be too old when it is sent: an identity is believed for 30 seconds. */
const MADE_MAX = 60_000

const HOLD = `{ __typename ... on Hold { id expiresAt total { amount currency } } ... on Refusal { message } }`
const MUTATIONS = {
  seats: `mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) ${HOLD} }`,
  admission: `mutation ($input: HoldGeneralAdmissionInput!) { holdGeneralAdmission(input: $input) ${HOLD} }`,
  best: `mutation ($input: HoldBestAvailableInput!) { holdBestAvailable(input: $input) ${HOLD} }`,
  nothing: `mutation ($input: HoldGeneralAdmissionInput!) { holdGeneralAdmission(input: $input) ${HOLD} }`,
} satisfies Record<Exclude<Want['kind'], 'read' | 'file'>, string>

process.on('message', (load: GraphLoad) => {
  run(load).then(
    (message) => process.send?.(message),
    (error: unknown) => process.send?.({ type: 'failed', message: String(error) } satisfies GraphLoadMessage),
  )
})
process.once('disconnect', () => process.exit())

async function run(load: GraphLoad): Promise<GraphLoadMessage> {
  const { clients: clientCount, port, seconds } = load
  const shares = await requestsOf(load)
  const { promise: broken, reject } = Promise.withResolvers<never>()
  const latencies: number[] = []
  const answers: Record<string, number> = {}
  let active = clientCount
  const { promise: exhausted, resolve: exhaust } = Promise.withResolvers<void>()
  let over = false
  let bytes = 0

  const startedAt = performance.now()
  const clients = shares.map((requests) => {
    const client = openClient(port, reject)
    let sent = 0
    const next = () => {
      const request = requests[sent]
      sent += 1
      if (!request) {
        active -= 1
        if (active === 0) exhaust()
        return
      }
      const sentAt = performance.now()
      client.send(request, ({ status, body }) => {
        if (over) return
        const text = body.toString()
        const name = load.want.kind === 'file' ? 'file' : /"__typename":"(\w+)"/.exec(text)?.[1]
        if (status !== 200 || name === undefined || text.includes('"errors":')) {
          return reject(new Error(`${status}: ${text}`))
        }
        latencies.push(performance.now() - sentAt)
        answers[name] = (answers[name] ?? 0) + 1
        bytes = body.length
        next()
      })
    }
    next()
    return client
  })
  try {
    await Promise.race([new Promise((done) => setTimeout(done, seconds * 1000)), exhausted, broken])
    over = true
    const elapsed = (performance.now() - startedAt) / 1000
    const sorted = Float64Array.from(latencies).toSorted()
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? NaN
    return { type: 'ended', perSecond: latencies.length / elapsed, p50: at(0.5), p99: at(0.99), answers, bytes }
  } finally {
    over = true
    for (const client of clients) client.close()
  }
}

/** The requests of each client, every one of another buyer and signed for them. */
async function requestsOf({ want, clients, requestsMax, identitySecret }: GraphLoad): Promise<Buffer[][]> {
  const shares: Buffer[][] = Array.from({ length: clients }, () => [])
  const count = Math.min(requestsMax, MADE_MAX)
  for (let number = 0; number < count; number += 1) {
    const client = number % clients
    const input = inputOf(want, number, client, clients)
    if (!input) break
    shares[client]?.push(requestOf(want, input, identitySecret))
  }
  return shares
}

function inputOf(want: Want, number: number, client: number, clients: number): object | undefined {
  switch (want.kind) {
    case 'seats': {
      const { eventIds, firstSeat, lastSeat } = want
      // Of several events each belongs to one client, who takes its seats in their order.
      const place = eventIds.length === 1 ? number : Math.floor(number / clients)
      const seat = firstSeat + 2 * place
      if (seat >= lastSeat) return undefined
      return { eventId: eventIds[client % eventIds.length], seatIds: [seatId(seat), seatId(seat + 1)] }
    }
    case 'admission':
      return { eventId: want.eventId, ticketTypeId: want.ticketTypeId, quantity: 1 }
    case 'best':
      return { eventId: want.eventId, ticketTypeId: want.ticketTypeId, quantity: 2 }
    case 'read':
      return want.variables
    case 'file':
      return {}
    case 'nothing':
      return { eventId: 'no event', ticketTypeId: 'no type', quantity: 1 }
  }
}

function requestOf(want: Want, input: object, identitySecret: string): Buffer {
  const userId = newId()
  const identity = signIdentity({ ...anonymous(''), kind: 'user', subject: userId, userId }, identitySecret)
  if (want.kind === 'file')
    return Buffer.from(`GET ${want.path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${IDENTITY_HEADER}: ${identity}\r\n\r\n`)
  const body = JSON.stringify(
    want.kind === 'read'
      ? { query: want.query, variables: input }
      : { query: MUTATIONS[want.kind], variables: { input: { ...input, idempotencyKey: randomUUID() } } },
  )
  return Buffer.from(
    `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
      `${IDENTITY_HEADER}: ${identity}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
