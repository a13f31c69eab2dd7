import { bookingId, eventId } from './world.ts'

/** One of the operations that the gateways are compared with. */
export interface Operation {
  /** For tables and for `--operations`. */
  readonly name: 'one' | 'hops' | 'deep' | 'new' | 'deep-1000'
  /** What it is, in a few words. */
  readonly title: string
  /** How many different requests there are of it; Infinity when no two are ever the same. */
  readonly variants: number
  /** The body of the request of this number. */
  readonly body: (number: number) => string
  /** Rows of the list that it asks for. */
  readonly rows?: number
}

const EVENT = `query Event($id: ID!) {
  event(id: $id) {
    id title startsAt doorsAt timezone status
    ticketTypes { id name seated price { amount currency } available }
  }
}`

const PLACE = `query Place($id: ID!) {
  event(id: $id) { id title startsAt venue { name city country capacity partner { companyName } } }
}`

const BOOKINGS = `query Bookings($first: Int!) {
  bookings(first: $first) {
    edges {
      cursor
      node {
        id reference status createdAt
        total { amount currency }
        user { firstName lastName email }
        event { title startsAt venue { name city partner { companyName } } }
        payment { status provider amount { amount currency } }
        notifications { channel title status }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

/**
 * A document that nobody has sent before: names, an argument and so the text are new. Only strings have an alias,
 * because the stock gateway gives null for aliases of anything else.
 */
const fresh = (number: number) => `query Q${number} {
  booking(id: "${bookingId(1 + (number % 1000))}") {
    id r${number}: reference status
    total { amount currency }
    event { t${number}: title startsAt venue { name city } }
    payment { status provider }
  }
}`

const body = (query: string, variables: object) => JSON.stringify({ query, variables })

const deep = (rows: number) => ({
  variants: 1,
  rows,
  body: () => body(BOOKINGS, { first: rows }),
})

/** All of them. Those that are asked again and again come as one document with variables. */
export const OPERATIONS: readonly Operation[] = [
  {
    name: 'one',
    title: 'one subgraph',
    variants: 50,
    body: (number) => body(EVENT, { id: eventId(1 + (number % 50)) }),
  },
  {
    name: 'hops',
    title: 'two hops',
    variants: 50,
    body: (number) => body(PLACE, { id: eventId(1 + (number % 50)) }),
  },
  { name: 'deep', title: 'deep list of 50 over five subgraphs', ...deep(50) },
  { name: 'new', title: 'never-seen queries', variants: Infinity, body: (number) => body(fresh(number), {}) },
  { name: 'deep-1000', title: 'deep list of 1,000', ...deep(1000) },
]

/** The operation of this name. */
export function operationNamed(name: string): Operation {
  const operation = OPERATIONS.find((each) => each.name === name)
  if (!operation) throw new Error(`There is no operation ${name}: ${OPERATIONS.map((each) => each.name).join(', ')}.`)
  return operation
}
