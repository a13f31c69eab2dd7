import { readFileSync } from 'node:fs'
import { subgraphSdl, supergraphSdl } from '@tikitu/schema/sdl'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import { transformSupergraphToPublicSchema } from '@theguild/federation-composition'
import { fc } from '@tikitu/runtime/testing/properties'
import { buildASTSchema, getOperationAST, Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../config.ts'
import { readCostWeights } from './cost-weights.ts'
import { costCompiler, INTROSPECTION_POINTS, MUTATION_POINTS } from './cost.ts'

const schema = buildASTSchema(transformSupergraphToPublicSchema(parse(supergraphSdl())), { assumeValidSDL: true })
const weights = readCostWeights(SERVICE_NAMES.map(subgraphSdl))
const costOf = costCompiler(schema, weights)

const compile = (source: string, operationName?: string) => {
  const document = parse(source)
  const operation = getOperationAST(document, operationName)
  if (!operation) throw new Error('no such operation')
  return costOf(document, operation)
}
const points = (source: string, variables: Record<string, unknown> = {}) => compile(source).pointsFor(variables)

describe('the cost of an operation', () => {
  it.each([
    ['is 1 at least', '{ __typename }', 1],
    ['is 1 for an object, and nothing for its scalars', '{ event(id: 1) { id title currency } }', 1],
    ['is 1 for each object in another', '{ event(id: 1) { venue { partner { id } } } }', 3],
    ['takes a list to have 10', '{ event(id: 1) { ticketTypes { id price { amount } } } }', 1 + 10 * 2],
    ['has no lists of scalars', '{ seatingPlan(id: 1) { categories } }', 1],
    ['takes a page as large as was asked', '{ events(first: 7) { edges { node { id } } } }', 1 + 7 * 2],
    ['takes a page as large as the schema says', '{ events { edges { cursor } pageInfo { endCursor } } }', 1 + 20 + 1],
    ['has only what is asked of a page', '{ events(first: 100) { pageInfo { hasNextPage } } }', 2],
    [
      'multiplies pages in pages',
      '{ venues(first: 3) { edges { node { events(first: 5) { edges { node { id } } } } } } }',
      1 + 3 * (2 + 1 + 5 * 2),
    ],
    ['counts aliases each', '{ a: event(id: 1) { id } b: event(id: 1) { id } }', 2],
    ['counts what is asked twice once', '{ event(id: 1) { venue { id } } event(id: 1) { venue { name } } }', 2],
    [
      'counts @skip and @include as included',
      '{ event(id: 1) @skip(if: true) { venue @include(if: false) { id } } }',
      2,
    ],
    ['has a price for introspection', '{ __schema { types { name } } __type(name: "A") { name } }', 400],
    [
      'is that of the dearest type of a union',
      `mutation { checkout(input: {}) { ... on Booking { total { amount } } ... on Refusal { message } } }`,
      12,
    ],
    [
      'ignores what the schema does not have',
      '{ nope { nope } event(id: 1) { nope { nope } } ... on Nope { id } ...Nope }',
      1,
    ],
    ['has weights of its own in the schema', '{ auditInventory { violations } }', 100 + 10],
  ])('%s', (_, source, expected) => {
    expect(points(source)).toBe(expected)
  })

  it('has one price for a mutation, whatever its answer', () => {
    expect(points('mutation { suspendUser(input: {}) { __typename } }')).toBe(MUTATION_POINTS + 1)
  })

  it('counts fragments wherever they are spread', () => {
    const fragments = 'fragment E on Event { venue { ...V } } fragment V on Venue { partner { id } }'
    expect(points(`{ event(id: 1) { ...E } } ${fragments}`)).toBe(3)
    expect(points(`{ a: event(id: 1) { ...E } b: event(id: 2) { ...E ... { ...E } } } ${fragments}`)).toBe(6)
    expect(points(`{ events(first: 9) { edges { node { ...E } } } } ${fragments}`)).toBe(1 + 9 * 4)
  })

  it('takes the size of a page through fragments', () => {
    expect(points('{ events(first: 9) { ...C } } fragment C on EventConnection { edges { cursor } }')).toBe(10)
  })

  it('is that of the operation that is meant', () => {
    const source = 'query A { event(id: 1) { id } } query B { event(id: 1) { venue { id } } }'
    expect([compile(source, 'A').pointsFor({}), compile(source, 'B').pointsFor({})]).toEqual([1, 2])
  })
})

describe('the size of a page that a variable says', () => {
  const source = 'query ($first: Int!) { events(first: $first) { edges { cursor } } }'

  it.each([
    [{ first: 5 }, 6],
    [{ first: 100 }, 101],
    // What a service refuses to answer is as dear as the most that it answers.
    [{ first: 2_000_000_000 }, 101],
    [{ first: 0 }, 2],
    [{ first: -5 }, 2],
    // Validation says what is wrong with these.
    [{ first: '50' }, 21],
    [{ first: 1.5 }, 21],
    [{ first: null }, 21],
    [{ first: { valueOf: 3 } }, 21],
    [{}, 21],
  ])('%j', (variables, expected) => {
    expect(points(source, variables)).toBe(expected)
  })

  it('may have a default in the operation', () => {
    const withDefault = 'query ($first: Int! = 3) { events(first: $first) { edges { cursor } } }'
    expect([points(withDefault), points(withDefault, { first: 4 })]).toEqual([4, 5])
  })

  it('counts in each place that it is used in', () => {
    const nested = `query ($n: Int!) {
      venues(first: $n) { edges { node { events(first: $n) { edges { cursor } } } } }
    }`
    expect(points(nested, { n: 10 })).toBe(1 + 10 * (2 + 1 + 10))
  })

  it('counts the same when it is written down', () => {
    fc.assert(
      fc.property(fc.integer(), (first) => {
        const literal = `{ events(first: ${first}) { edges { cursor } } }`
        expect(points(literal)).toBe(points(source, { first }))
      }),
    )
  })
})

describe('the seats of an event', () => {
  it('are as many as a stadium has, or as a section', () => {
    expect(points('{ event(id: 1) { seats { id } } }')).toBe(1 + 50_000 / 10)
    expect(points('{ event(id: 1) { seats(section: "A") { id } } }')).toBe(1 + 1_000 / 10)
    expect(points('{ event(id: 1) { seats(section: null) { id } } }')).toBe(5_001)
  })

  it('are those of a section when a variable says which', () => {
    const source = 'query ($section: String) { event(id: 1) { seats(section: $section) { id } } }'
    expect([points(source, { section: 'A' }), points(source, { section: null }), points(source)]).toEqual([
      101, 5_001, 5_001,
    ])
    expect(points('query ($s: String = "A") { event(id: 1) { seats(section: $s) { id } } }')).toBe(101)
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'are all of them when a variable has the name %s and no value',
    (name) => {
      expect(points(`query ($${name}: String) { event(id: 1) { seats(section: $${name}) { id } } }`)).toBe(5_001)
    },
  )

  it('are all of them when one of two selections asks for all', () => {
    const [all, section] = ['seats { id }', 'seats(section: "A") { status }']
    expect([
      points(`{ event(id: 1) { ${all} ${section} } }`),
      points(`{ event(id: 1) { ${section} ${all} } }`),
    ]).toEqual([5_001, 5_001])
  })

  it('cost the whole of them for each alias', () => {
    const aliases = Array.from({ length: 6 }, (_, n) => `a${n}: event(id: 1) { seats { id } }`).join(' ')
    expect(points(`{ ${aliases} }`)).toBe(6 * 5_001)
  })
})

describe('the operations of a purchase', () => {
  const purchase = readFileSync(new URL('../../../scripts/src/demo/purchase.graphql', import.meta.url), 'utf8')
  const costs = (variables: Record<string, unknown>) =>
    Object.fromEntries(
      parse(purchase).definitions.flatMap((definition) => {
        if (definition.kind !== Kind.OPERATION_DEFINITION || !definition.name) return []
        const name = definition.name.value
        return [[name, compile(purchase, name).pointsFor(variables)]]
      }),
    )

  it('cost what the README says', () => {
    const of = costs({ first: 20, section: 'A' })
    expect(of).toMatchObject({ BrowseEvents: 482, EventSeats: 201 })
    const steps = ['HoldSeats', 'Checkout', 'StartPayment', 'ConfirmPayment'].map((name) => of[name] ?? NaN)
    expect(steps.reduce((all, step) => all + step)).toBe(68)
  })

  it('may all be had, with the largest pages and all seats', () => {
    const { costLimits } = readConfig({
      IDENTITY_SECRET: 'x'.repeat(32),
      COGNITO_USER_POOL_ID: 'eu-west-1_TestPool1',
      COGNITO_CLIENT_IDS: 'oneclient',
    })
    for (const points of Object.values(costs({ first: 100 }))) {
      expect(points).toBeLessThanOrEqual(costLimits.operationMax)
    }
    for (const { points } of [costLimits.anonymous, costLimits.user, costLimits.machine, costLimits.priority]) {
      expect(points).toBeGreaterThanOrEqual(costLimits.operationMax)
    }
  })
})

describe('an operation goes first', () => {
  it.each([
    ['mutation { holdSeats(input: {}) { __typename } }', true],
    ['mutation { __typename a: checkout(input: {}) { __typename } b: checkIn(input: {}) { __typename } }', true],
    ['mutation { ...F } fragment F on Mutation { startPayment(input: {}) { __typename } }', true],
    ['mutation { holdSeats(input: {}) { __typename } registerUser(input: {}) { __typename } }', false],
    ['mutation { holdSeats: registerUser(input: {}) { __typename } }', false],
    ['mutation { __typename }', false],
    ['{ event(id: 1) { id } }', false],
    ['{ holdSeats }', false],
  ])('%s: %s', (source, expected) => {
    expect(compile(source).isPriority).toBe(expected)
  })
})

describe('a dearer question', () => {
  const leaf = fc.constantFrom('id', 'title', '__typename')
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      // The alias says how many, so that two of one key never ask for different pages.
      fc
        .tuple(fc.nat({ max: 120 }), tie('tree'))
        .map(([first, below]) => `venue { e${first}: events(first: ${first}) { edges { node { ${below} } } } }`),
      fc
        .tuple(fc.constantFrom('a', 'b', 'c'), tie('tree'))
        .map(([alias, below]) => `${alias}: venue { events { edges { node { ${below} } } } }`),
      fc.tuple(tie('tree'), tie('tree')).map(([one, other]) => `${one} ... on Event { ${other} }`),
      tie('tree').map((below) => `ticketTypes { id } ... @include(if: false) { ${below} }`),
    ),
  }))
  const inEvent = (selection: string) => `{ event(id: 1) { ${selection} } }`

  it('never costs less: what is asked more is never cheaper', () => {
    fc.assert(
      fc.property(tree, tree, (one, other) => {
        const both = points(inEvent(`${one} ${other}`))
        expect(both).toBeGreaterThanOrEqual(Math.max(points(inEvent(one)), points(inEvent(other))))
        expect(both).toBeLessThanOrEqual(points(inEvent(one)) + points(inEvent(other)))
      }),
    )
  })

  it('never costs less: a larger page is never cheaper', () => {
    fc.assert(
      fc.property(tree, fc.nat({ max: 150 }), fc.nat({ max: 150 }), (below, first, more) => {
        const source = `query ($n: Int!) { events(first: $n) { edges { node { ${below} } } } }`
        expect(points(source, { n: first + more })).toBeGreaterThanOrEqual(points(source, { n: first }))
      }),
    )
  })

  it('costs twice as much in two aliases', () => {
    fc.assert(
      fc.property(tree, (below) => {
        const source = `{ a: event(id: 1) { ...F } b: event(id: 1) { ...F } } fragment F on Event { ${below} }`
        expect(points(source)).toBe(2 * points(inEvent(below)))
      }),
    )
  })

  it('costs the same whatever @skip and @include say', () => {
    fc.assert(
      fc.property(tree, fc.boolean(), (below, condition) => {
        const source = inEvent(`... @skip(if: ${condition}) { ${below} }`)
        expect(points(source)).toBe(points(inEvent(below)))
      }),
    )
  })
})

describe('a weight', () => {
  const withSdl = (sdl: string) => () => costCompiler(schema, readCostWeights([sdl]))

  it.each([
    ['type Chair @cost(weight: 2) { id: ID }', 'there is a weight for Chair, which the schema does not have'],
    [
      'type Event { chairs: ID @cost(weight: 2) }',
      'there is a weight for Event.chairs, which the schema does not have',
    ],
    [
      'type Event { seats: ID @listSize(assumedSize: 2, narrowedBy: "row", narrowedSize: 1) }',
      'the list Event.seats is narrowed by row, which is no argument of it',
    ],
    [
      'extend type Mutation { buy: ID @priority }',
      'there is a weight for Mutation.buy, which the schema does not have',
    ],
    [
      'type Event { seats: ID @listSize(assumedSize: 2, narrowedBy: "section") }',
      '@listSize has narrowedBy and narrowedSize, or neither',
    ],
    ['type Event @cost(weight: -1) { id: ID }', 'Too small'],
    ['type Event @cost { id: ID }', 'expected number'],
    ['type Event { seats: ID @listSize(assumedSize: "2") }', 'expected number'],
  ])('%s is refused at the start', (sdl, message) => {
    expect(withSdl(sdl)).toThrow(message)
  })

  it('is in the schema for every large list and for what moves seats, money and the door', () => {
    expect([...weights.listSizes.keys()].toSorted()).toEqual([
      'Event.seats',
      'Event.sections',
      'ImageUpload.headers',
      'Query.eventSuggestions',
      'ScansUploaded.results',
      'SeatLayout.sections',
      'SeatLayoutSection.rows',
      'SeatMap.sections',
      'SeatingPlan.sections',
    ])
    expect([...weights.priorities].map((place) => place.replace('Mutation.', '')).toSorted()).toEqual([
      'approveRefund',
      'cancelBooking',
      'checkIn',
      'checkout',
      'confirmPayment',
      'extendHold',
      'holdBestAvailable',
      'holdGeneralAdmission',
      'holdSeats',
      'markSettlementPaid',
      'refundBooking',
      'rejectRefund',
      'releaseHold',
      'resolveRefund',
      'retryRefund',
      'startPayment',
      'uploadScans',
    ])
    expect(INTROSPECTION_POINTS).toBe(200)
  })
})
