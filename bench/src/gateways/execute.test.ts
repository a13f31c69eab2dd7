import { describe, expect, it } from 'vitest'
import { execute } from './execute.ts'
import { bookingId, WORLD } from './world.ts'

describe('a stand-in for a service', () => {
  it('answers what a gateway asks, with aliases, fragments and fields asked twice', () => {
    const query = `query ($id: ID!) {
      __typename
      booking(id: $id) { ...b event { id } event { name: title } ... on Event { startsAt } }
    } fragment b on Booking { __typename total { amount } total { currency } }`
    expect(execute(WORLD.booking, { query, variables: { id: bookingId(1) } })).toEqual({
      data: {
        __typename: 'Query',
        booking: {
          __typename: 'Booking',
          total: { amount: 9101, currency: 'EUR' },
          event: { id: '01900000-0000-7000-8d00-000000000001', name: 'The Long Night of Football 1' },
        },
      },
    })
  })

  it('finds its part of a thing', () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Booking { payment { status } } } }'
    const representations = [{ __typename: 'Booking', id: bookingId(7) }]
    expect(execute(WORLD.payment, { query, variables: { r: representations } })).toEqual({
      data: { _entities: [{ payment: { status: 'SUCCEEDED' } }] },
    })
  })

  it.each([
    ['{ bookings { edges { nothing } } }', 'A BookingEdge has no nothing here.'],
    ['{ payments { edges { cursor } } }', 'There is no query payments here.'],
    ['{ bookings { edges @skip(if: true) { cursor } } }', 'A stand-in knows no directives.'],
  ])('throws at what the bench does not ask: %s', (query, message) => {
    expect(() => execute(WORLD.booking, { query })).toThrow(message)
  })
})
