import { readFileSync } from 'node:fs'
import { Kind, OperationTypeNode, parse, print, type OperationDefinitionNode } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENGINE_NAMES } from '../src/engine/engine.ts'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { ids } from './world.ts'

/** The purchase in the words a client uses; `pnpm demo` says them too. */
const source = readFileSync(new URL('../../scripts/src/demo/purchase.graphql', import.meta.url), 'utf8')
const operations = parse(source).definitions.filter(
  (definition): definition is OperationDefinitionNode =>
    definition.kind === Kind.OPERATION_DEFINITION && definition.operation !== OperationTypeNode.SUBSCRIPTION,
)

describe.each(ENGINE_NAMES)('with the engine %s', (engine) => {
  let gateway: TestGateway
  let token = ''
  beforeAll(async () => {
    gateway = await startTestGateway({ GATEWAY_ENGINE: engine })
    token = await gateway.pool.accessToken({ sub: 'sub-ada' })
  })
  afterAll(() => gateway.close())

  async function ask(operationName: string, variables: Record<string, unknown>) {
    const operation = operations.find(({ name }) => name?.value === operationName)
    if (!operation) throw new Error(`the purchase has no operation ${operationName}`)
    const { data, errors } = await gateway.graph(print(operation), { variables, operationName, token })
    expect(errors).toBeUndefined()
    return data
  }

  const key = { idempotencyKey: 'any-new-text' }

  describe('the operations of the purchase', () => {
    it.each(operations.map((operation) => [operation.name?.value ?? '', print(operation)]))(
      '%s is valid',
      async (_, query) => {
        const { errors } = await gateway.graph(query, { token })
        // Without its variables each one is refused for them, and for nothing else.
        for (const { message } of errors ?? [])
          expect(message).toMatch(/^Variable "\$\w+" of required type "[\w!]+" was not provided\.$/)
      },
    )

    it('browse events over two services', async () => {
      expect(await ask('BrowseEvents', { first: 2 })).toMatchObject({
        events: {
          edges: [
            {
              cursor: ids.event(1),
              node: {
                title: 'Concert 1',
                category: 'MUSIC',
                startsAt: '2027-05-01T18:30:00.000Z',
                venue: { city: 'Berlin', partner: { companyName: 'Olympia Events' } },
                ticketTypes: [
                  { seated: true, price: { amount: 4550, currency: 'EUR' }, available: 1 },
                  { seated: false },
                ],
              },
            },
            { node: { title: 'Concert 2', venue: { city: 'London', partner: { companyName: 'Arena Group' } } } },
          ],
          pageInfo: { hasNextPage: false, endCursor: ids.event(2) },
        },
      })
    })

    it('show the seats of a section', async () => {
      expect(await ask('EventSeats', { eventId: ids.event(1), section: 'A' })).toMatchObject({
        event: {
          sections: [{ name: 'A' }],
          seats: [
            { id: 'A-1-1', status: 'AVAILABLE' },
            { id: 'A-1-2', status: 'HELD' },
          ],
        },
      })
    })

    it('hold seats, or say by name and facts why not', async () => {
      const input = { eventId: ids.event(1), seatIds: ['A-1-1'], ...key }
      expect(await ask('HoldSeats', { input })).toMatchObject({
        holdSeats: { __typename: 'Hold', expiresAt: '2027-01-01T00:10:00.000Z', total: { amount: 4550 } },
      })
      expect(await ask('HoldSeats', { input: { ...input, seatIds: ['A-1-1', 'A-1-2'] } })).toEqual({
        holdSeats: { __typename: 'SeatsTaken', message: 'Someone else has these seats.', seatIds: ['A-1-2'] },
      })
      // A refusal that the operation does not name is still a Refusal with its message.
      expect(await ask('HoldSeats', { input: { ...input, eventId: 'nope' } })).toEqual({
        holdSeats: { __typename: 'EventNotFound', message: 'There is no such event.' },
      })
    })

    it('check out and start to pay', async () => {
      expect(await ask('Checkout', { input: { holdId: '1', ...key } })).toMatchObject({
        checkout: { __typename: 'Booking', status: 'PENDING', total: { amount: 9100 } },
      })
      expect(await ask('StartPayment', { input: { bookingId: '1', method: 'CARD', ...key } })).toMatchObject({
        startPayment: { __typename: 'Payment', provider: 'sandbox', clientSecret: 'secret-1' },
      })
    })

    it('show a booking across five services', async () => {
      expect(await ask('BookingAcrossServices', { id: ids.booking(1) })).toEqual({
        booking: {
          id: ids.booking(1),
          reference: 'K7M2-X9Q1',
          status: 'CONFIRMED',
          total: { amount: 9100, currency: 'EUR' },
          user: { id: ids.user(1), firstName: 'Ada', email: 'ada@example.com' },
          event: {
            id: ids.event(1),
            title: 'Concert 1',
            startsAt: '2027-05-01T18:30:00.000Z',
            venue: { name: 'Olympiastadion', city: 'Berlin', partner: { companyName: 'Olympia Events' } },
          },
          payment: { id: ids.payment(1), status: 'SUCCEEDED', amount: { amount: 9100, currency: 'EUR' } },
          tickets: [
            {
              id: ids.ticket(1),
              status: 'ACTIVE',
              code: 'code-of-1',
              seat: { section: 'A', row: '1', number: '1' },
              holderName: null,
            },
          ],
        },
      })
    })

    it('list the bookings of a user', async () => {
      const node = { id: ids.booking(1), status: 'CONFIRMED', user: { id: ids.user(1) } }
      expect(await ask('MyBookings', { first: 5 })).toMatchObject({
        me: {
          email: 'ada@example.com',
          bookings: {
            edges: [
              {
                node: {
                  ...node,
                  event: { venue: { partner: { companyName: 'Olympia Events' } } },
                  payment: { status: 'SUCCEEDED' },
                },
              },
            ],
          },
        },
      })
      expect(await ask('Bookings', { first: 5 })).toMatchObject({
        bookings: {
          edges: [{ node: { ...node, user: { lastName: 'Lovelace' }, event: { venue: { city: 'Berlin' } } } }],
        },
      })
    })

    it('validate a ticket, and refuse one at the door', async () => {
      expect(await ask('ValidateTicket', { eventId: ids.event(1), code: 'x' })).toMatchObject({
        validateTicket: { valid: false, reason: 'WRONG_EVENT', ticket: { seat: { row: '1' } } },
      })
      expect(await ask('CheckIn', { input: { eventId: ids.event(1), code: 'x', nonce: 'n', gate: 'A' } })).toEqual({
        checkIn: {
          __typename: 'CheckInRefused',
          reason: 'ALREADY_USED',
          message: 'It was used before.',
          firstUsedAt: '2027-05-01T18:00:00.000Z',
        },
      })
    })
  })
})
