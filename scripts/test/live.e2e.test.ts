import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { demoAccounts } from '@tikitu/local/demo-accounts'
import { startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operation } from '../src/demo/operations.ts'
import { graphClient, type Ask } from '../src/graph.ts'
import { STADIUM_EVENT_TITLE } from '../src/seed/programme.ts'
import { signInAs } from '../src/token/user-pool.ts'
import { filledDataDir } from './data-dir.ts'
import { followByEvents, followBySocket, type Answer, type Follow } from './follow.ts'

let system: SpawnedSystem
let dataDir: string
let tokens: { buyer: string; rival: string }
beforeAll(async () => {
  dataDir = await filledDataDir()
  system = await startSystem(dataDir)
  const tokenOf = async (name: 'buyer' | 'rival') =>
    (await signInAs(`http://127.0.0.1:${system.portBase + 11}`, demoAccounts[name].email)).accessToken
  tokens = { buyer: await tokenOf('buyer'), rival: await tokenOf('rival') }
})
afterAll(async () => {
  await system.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** As every client of ours sends it. */
const BOOKING_UPDATED =
  'subscription BookingUpdated($id: ID!) { bookingUpdated(id: $id) { id status payment { status } } }'

interface Updated {
  readonly bookingUpdated: { readonly id: string; readonly status: string; readonly payment: { status: string } | null }
}

/** Holds and checks out one standing ticket. */
async function aPendingBooking(buyer: Ask): Promise<string> {
  type Found = { events: { edges: { node: { id: string; ticketTypes: { id: string; seated: boolean }[] } }[] } }
  const { events } = await buyer<Found>(
    'query Stadium($text: String) { events(first: 1, filter: { text: $text }) { edges { node { id ticketTypes { id seated } } } } }',
    { text: STADIUM_EVENT_TITLE },
  )
  const event = events.edges[0]?.node
  const ticketTypeId = event?.ticketTypes.find(({ seated }) => !seated)?.id
  const { holdGeneralAdmission } = await buyer<{ holdGeneralAdmission: { id: string } }>(
    operation('HoldGeneralAdmission'),
    { input: { eventId: event?.id, ticketTypeId, quantity: 1, idempotencyKey: randomUUID() } },
  )
  const { checkout } = await buyer<{ checkout: { id: string } }>(operation('Checkout'), {
    input: { holdId: holdGeneralAdmission.id, idempotencyKey: randomUUID() },
  })
  return checkout.id
}

async function pay(buyer: Ask, bookingId: string, instrument: string): Promise<void> {
  const { startPayment } = await buyer<{ startPayment: { id: string } }>(operation('StartPayment'), {
    input: { bookingId, method: 'CARD', idempotencyKey: randomUUID() },
  })
  await buyer(operation('ConfirmPayment'), { input: { paymentId: startPayment.id, instrument } })
}

const ways: [string, Follow][] = [
  ['a WebSocket', followBySocket],
  ['an event stream', followByEvents],
]

describe.each(ways)('by %s', (_way, follow) => {
  it('a buyer sees the booking be paid and confirmed, and nobody else sees anything', async () => {
    const buyer = graphClient(system.gateway, tokens.buyer)
    const id = await aPendingBooking(buyer)
    const strangers: Answer<Updated>[] = []
    for await (const answer of follow<Updated>(system.gateway, tokens.rival, BOOKING_UPDATED, { id })) {
      strangers.push(answer)
    }
    expect(strangers).toMatchObject([{ data: null, errors: [{ extensions: { code: 'NOT_FOUND' } }] }])

    const seen: Answer<Updated>[] = []
    for await (const answer of follow<Updated>(system.gateway, tokens.buyer, BOOKING_UPDATED, { id })) {
      if (seen.push(answer) === 1) await pay(buyer, id, 'tok_declined')
      else if (answer.data?.bookingUpdated.payment?.status === 'FAILED') await pay(buyer, id, 'tok_success')
      if (answer.data?.bookingUpdated.status !== 'PENDING') break
    }
    expect(seen[0]).toEqual({ data: { bookingUpdated: { id, status: 'PENDING', payment: null } } })
    expect(seen).toContainEqual({ data: { bookingUpdated: { id, status: 'PENDING', payment: { status: 'FAILED' } } } })
    expect(seen.at(-1)).toEqual({
      data: { bookingUpdated: { id, status: 'CONFIRMED', payment: { status: 'SUCCEEDED' } } },
    })
  })
})

/** As the README shows it. */
const SEAT_MAP = `query SeatMap($id: ID!) {
  seatMap(eventId: $id) { version sections { name states } }
  event(id: $id) { seatLayout { sections { name rows { seatIds } } } } }`
const SEATS_CHANGED = `subscription SeatsChanged($id: ID!, $version: Int!) { seatsChanged(eventId: $id, version: $version) {
  ... on SeatChanges { fromVersion version sections { name available held } } ... on SeatMapOutdated { outdated: version } } }`

interface Hall {
  readonly seatMap: {
    readonly version: number
    readonly sections: { readonly name: string; readonly states: string }[]
  }
  readonly event: { readonly seatLayout: { readonly sections: { name: string; rows: { seatIds: string[] }[] }[] } }
}
interface SeatsChanged {
  readonly seatsChanged: {
    readonly fromVersion: number
    readonly version: number
    readonly sections: { readonly name: string; readonly available: number[]; readonly held: number[] }[]
  }
}

/** A seat of the stadium that is free on its map, by section, place and id. */
function aFreeSeat({ seatMap, event }: Hall) {
  for (const [index, { name, states }] of seatMap.sections.entries()) {
    const bytes = Buffer.from(states, 'base64')
    const seatIds = event.seatLayout.sections[index]?.rows.flatMap((row) => row.seatIds) ?? []
    const place = seatIds.findIndex((_, at) => (((bytes[at >> 2] ?? 0) >> (2 * (at & 3))) & 3) === 0)
    const seatId = seatIds[place]
    if (seatId !== undefined) return { name, place, seatId }
  }
  throw new Error('the stadium is sold out')
}

describe.each(ways)('by %s, of 39,264 seats', (_way, follow) => {
  it('whoever looks at the map sees a seat be held and given back, and needs no token', async () => {
    const buyer = graphClient(system.gateway, tokens.buyer)
    const { events } = await buyer<{ events: { edges: { node: { id: string } }[] } }>(
      'query Stadium($text: String) { events(first: 1, filter: { text: $text }) { edges { node { id } } } }',
      { text: STADIUM_EVENT_TITLE },
    )
    const id = events.edges[0]?.node.id ?? ''
    const hall = await buyer<Hall>(SEAT_MAP, { id })
    const { name, place, seatId } = aFreeSeat(hall)
    const hold = await buyer<{ holdSeats: { id: string } }>(
      'mutation Hold($input: HoldSeatsInput!) { holdSeats(input: $input) { ... on Hold { id } } }',
      { input: { eventId: id, seatIds: [seatId], idempotencyKey: randomUUID() } },
    )
    const seen: string[] = []
    const { version } = hall.seatMap
    for await (const { data } of follow<SeatsChanged>(system.gateway, undefined, SEATS_CHANGED, { id, version })) {
      const section = data?.seatsChanged.sections.find((each) => each.name === name)
      if (section?.held.includes(place)) {
        seen.push('held')
        await buyer('mutation Release($id: ID!) { releaseHold(input: { holdId: $id }) { ... on Hold { id } } }', {
          id: hold.holdSeats.id,
        })
      }
      if (section?.available.includes(place)) seen.push('available')
      if (seen.includes('available')) break
    }
    expect(seen).toEqual(['held', 'available'])
  })
})

it('a booking service that is killed costs its followers a moment, and no change', async () => {
  const buyer = graphClient(system.gateway, tokens.buyer)
  const id = await aPendingBooking(buyer)
  const booking = system.children().get('booking')
  if (booking === undefined) throw new Error('booking does not run')
  const seen: string[] = []
  for await (const { data } of followBySocket<Updated>(system.gateway, tokens.buyer, BOOKING_UPDATED, { id })) {
    const status = data?.bookingUpdated.status ?? 'nothing'
    if (seen.push(status) === 1) process.kill(booking, 'SIGKILL')
    if (seen.length === 2) await pay(buyer, id, 'tok_success')
    if (status !== 'PENDING') break
  }
  expect(seen.slice(0, 2)).toEqual(['PENDING', 'PENDING'])
  expect(seen.at(-1)).toBe('CONFIRMED')
})
