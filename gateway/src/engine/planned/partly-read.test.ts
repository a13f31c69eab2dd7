import type { FetchNode, FlattenNode, FlattenNodePathSegment, PlanNode } from '@graphql-hive/router-query-planner'
import { fc } from '@tikitu/runtime/testing/properties'
import { buildSchema, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { selectedBy } from './alike.ts'
import { partReaders } from './partly-read.ts'
import { Raw } from './raw.ts'

const schema = buildSchema(`
  type Query { bookings: [Booking] booking: Booking thing: Thing }
  union Thing = Booking | User
  type Booking { id: ID reference: String total: Money user: User friends: [[User]] payment: Payment }
  type Money { amount: Int currency: String }
  type User { id: ID name: String email: String city: City }
  type City { id: ID name: String }
  type Payment { id: ID status: String }
`)

const root = (operation: string): FetchNode => ({ kind: 'Fetch', serviceName: 'any', operation })

/** A fetch that adds to the objects at a path. */
function adds(fields: string, needs: string[] = ['id']): FlattenNode {
  const path = fields.split('.').map((key): FlattenNodePathSegment => (key === '@' ? '@' : { Field: key }))
  const selections = ['__typename', ...needs].map((name) => ({ kind: 'Field' as const, name }))
  const requires = [{ kind: 'InlineFragment' as const, typeCondition: 'User', selections }]
  const operation = 'query($r:[_Any!]!){_entities(representations:$r){...on User{email}}}'
  return { kind: 'Flatten', path, node: { kind: 'Fetch', serviceName: 'other', operation, requires } }
}

/** The answer as it is read when the client asks `asked` and `sent` is what the plan asks, before the other fetches. */
function read(asked: string, sent: string, text: string, ...others: FlattenNode[]) {
  const fetch = root(sent)
  const plan: PlanNode = { kind: 'Sequence', nodes: [fetch, ...others] }
  return partReaders(plan, schema.getQueryType()!, selectedBy(schema, parse(asked))).get(fetch)?.(text)
}

const raw = (text: string) => new Raw(text)
const written = (data: unknown) => JSON.stringify({ data })

describe('an answer that is read in part', () => {
  const ASKED = '{ bookings { reference total { amount currency } user { name email } } }'
  const SENT = '{ bookings { reference total { amount currency } user { __typename id name } } }'
  const USER = adds('bookings.@.user')

  it('is passed on as it was written, but for what other fetches look at', () => {
    const booking = {
      reference: 'a"\\}',
      total: { amount: 1, currency: 'EUR' },
      user: { __typename: 'User', id: '7', name: 'é\n' },
    }
    expect(read(ASKED, SENT, written({ bookings: [booking, null, { ...booking, user: null }] }), USER)).toEqual({
      bookings: [
        {
          reference: raw('"a\\"\\\\}"'),
          total: raw('{"amount":1,"currency":"EUR"}'),
          user: { __typename: 'User', id: '7', name: raw('"é\\n"') },
        },
        null,
        { reference: raw('"a\\"\\\\}"'), total: raw('{"amount":1,"currency":"EUR"}'), user: null },
      ],
    })
    expect(read(ASKED, SENT, written({ bookings: [] }), USER)).toEqual({ bookings: [] })
    expect(read(ASKED, SENT, written({ bookings: null }), USER)).toEqual({ bookings: null })
  })

  it('has keys with something to unescape as what they mean', () => {
    const user = { __typename: 'User', id: '"\\', name: null }
    const data = read(
      '{ booking { user { name email } } }',
      '{ booking { user { __typename id name } } }',
      written({ booking: { user } }),
      adds('booking.user'),
    )
    expect(data).toEqual({ booking: { user: { ...user, name: raw('null') } } })
  })

  it('may have lists of lists', () => {
    const users = [[{ __typename: 'User', id: '1' }], [], null]
    const sent = '{ booking { friends { __typename id } } }'
    const data = read(
      '{ booking { friends { email } } }',
      sent,
      written({ booking: { friends: users } }),
      adds('booking.friends.@.@'),
    )
    expect(data).toEqual({ booking: { friends: users } })
  })

  it.each([
    ['a fetch needs that adds to it', '{ booking { reference } }', 'reference', adds('booking', ['reference'])],
    ['the client calls otherwise', '{ booking { r: reference } }', 'reference', adds('booking.user')],
    ['the client asks less of', '{ booking { total { amount } } }', 'total { amount currency }', adds('booking.user')],
    ['the client does not ask for', '{ booking { id } }', 'reference', adds('booking.user')],
  ])('has the value of what %s', (_, asked, selection, fetch) => {
    const booking = selection === 'reference' ? { reference: 'x' } : { total: { amount: 1, currency: 'EUR' } }
    expect(read(asked, `{ booking { ${selection} } }`, written({ booking }), fetch)).toEqual({ booking })
  })

  it('has the value of what a fetch needs that adds to an object around it', () => {
    const booking = { user: { city: { name: 'x' }, id: '1' } }
    const sent = '{ booking { user { city { name } id } } }'
    const others = [adds('booking', ['user', 'city', 'name']), adds('booking.user.city')]
    expect(read('{ booking { user { city { name } id } } }', sent, written({ booking }), ...others)).toEqual({
      booking,
    })
  })

  it('has not the value of what a fetch needs that adds to something else', () => {
    const sent = '{ booking { reference } }'
    const data = read(sent, sent, written({ booking: { reference: 'x' } }), adds('booking.user', ['reference']))
    expect(data).toEqual({ booking: { reference: raw('"x"') } })
  })

  it('is whole where there may be objects of several types', () => {
    const thing = { __typename: 'User', name: 'x' }
    const data = read(
      '{ thing { ... on User { name email } } }',
      '{ thing { __typename ... on User { name } } }',
      written({ thing }),
      adds('thing'),
    )
    expect(data).toEqual({ thing })
  })

  it.each([
    ['errors', '{"data":{"booking":{"reference":"x"}},"errors":[]}'],
    ['extensions before its data', '{"extensions":{},"data":{"booking":{"reference":"x"}}}'],
    ['no data', '{"data":null}'],
    ['a space', '{"data":{"booking":{"reference": "x"},"more":1}}'],
    ['another order', '{"data":{"booking":{"more":1,"reference":"x"}}}'],
    ['one field more', '{"data":{"booking":{"reference":"x","more":1}}}'],
    ['one field less', '{"data":{"booking":{}}}'],
    ['another kind of value', '{"data":{"booking":1}}'],
    ['something else', '<html>'],
  ])('is left to others when it has %s', (_, text) => {
    expect(read('{ booking { reference } }', '{ booking { reference } }', text, adds('booking.user'))).toBeUndefined()
  })

  it('is left to others when an object has another type than it can have', () => {
    const text = written({ booking: { user: { __typename: 'Fake', id: '1' } } })
    const sent = '{ booking { user { __typename id } } }'
    expect(read('{ booking { user { email } } }', sent, text, adds('booking.user'))).toBeUndefined()
  })

  it('is left to others when it was cut short', () => {
    const user = fc.record({ __typename: fc.constant('User'), id: fc.string(), name: fc.option(fc.string()) })
    const total = fc.record({ amount: fc.integer(), currency: fc.string() })
    const booking = fc.record({ reference: fc.string(), total: fc.option(total), user: fc.option(user) })
    fc.assert(
      fc.property(fc.array(fc.option(booking)), fc.nat(), (bookings, cut) => {
        const text = written({ bookings })
        expect(read(ASKED, SENT, text, USER)).toBeDefined()
        expect(read(ASKED, SENT, text.slice(0, cut % text.length), USER)).toBeUndefined()
      }),
    )
  })

  it('is none of a fetch whose answer is to be changed', () => {
    const fetch = {
      ...root('{ booking { reference } }'),
      outputRewrites: [{ KeyRenamer: { path: [], renameKeyTo: 'x' } }],
    }
    const plan: PlanNode = { kind: 'Sequence', nodes: [fetch] }
    expect(partReaders(plan, schema.getQueryType()!, selectedBy(schema, parse('{ booking { reference } }'))).size).toBe(
      0,
    )
  })
})
