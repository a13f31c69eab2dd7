import type { GeneratorValue } from '@tikitu/runtime/testing/properties'
import type { ServiceName } from '@tikitu/schema/services'
import { getNamedType, isCompositeType, isObjectType, type GraphQLSchema } from 'graphql'
import { diceOf, type Dice } from './dice.ts'
import { randomSelections } from './random-selection.ts'
import { ids } from './world.ts'

/** What a client sends. */
export interface RandomRequest {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
}

/** The variables that there are, with their types as an operation declares them. */
const TYPES = {
  yes: 'Boolean!',
  no: 'Boolean!',
  perhaps: 'Boolean! = true',
  two: 'Int!',
  many: 'Int! = 3',
  section: 'String',
  event: 'ID!',
  seat: 'ID!',
  text: 'String = "Concert"',
  filter: 'EventFilter',
  category: 'EventCategory',
  hold: 'HoldSeatsInput!',
  json: 'JSON',
  typeName: 'String!',
}

type Roots = Readonly<Record<string, readonly string[]>>

/** Roots that the fixtures answer, with what they may be asked for. */
const QUERIES: Roots = {
  events: [
    '',
    '(first: 1)',
    '(first: $two)',
    '(first: $many, filter: $filter)',
    '(filter: { category: $category, text: $text })',
    '(filter: { category: THEATRE })',
    '(first: $two, filter: { text: "Say", category: $category })',
    '(filter: null)',
  ],
  event: [1, 4, 5].map((number) => `(id: "${ids.event(number)}")`).concat('(id: $event)', '(id: "nobody")'),
  booking: [1, 2, 3].map((number) => `(id: "${ids.booking(number)}")`),
  bookings: ['', '(first: 3)'],
  validateTicket: ['(eventId: $event, code: "x")', '(eventId: $event, code: $seat)'],
  venue: [`(id: "${ids.venue(1)}")`, '(id: "nowhere")'],
  partner: [`(id: "${ids.partner(1)}")`, `(id: "${ids.partner(2)}")`],
  myPartners: [''],
  payment: [`(id: "${ids.payment(1)}")`, `(id: "${ids.payment(2)}")`],
  myNotifications: [''],
  previewTemplate: [
    '(templateId: $seat)',
    '(templateId: "t", variables: $json)',
    '(templateId: "t", variables: { seat: $seat, list: [$two, { deep: $event }, null], text: $text })',
  ],
  unreadNotificationCount: [''],
  admins: [''],
  me: [''],
  user: [`(id: "${ids.user(1)}")`, `(id: "${ids.user(2)}")`],
}

const key = 'idempotencyKey: "any-new-text"'
const MUTATIONS: Roots = {
  holdSeats: [
    '(input: $hold)',
    `(input: { eventId: $event, seatIds: ["A-1-1", $seat], ${key} })`,
    `(input: { eventId: "${ids.event(1)}", seatIds: [$seat], ${key} })`,
    `(input: { eventId: "nope", seatIds: "A-1-1", ${key} })`,
  ],
  checkout: [`(input: { holdId: $seat, ${key} })`],
  checkIn: ['(input: { eventId: $event, code: "x", nonce: "n", gate: "A" })'],
  startPayment: [`(input: { bookingId: "1", method: CARD, ${key} })`],
}

const QUERY = { operation: 'query', typeName: 'Query', choices: QUERIES }
const MUTATION = { operation: 'mutation', typeName: 'Mutation', choices: MUTATIONS }

const INTROSPECTION = [
  '__schema { queryType { name } }',
  '__type(name: "Refusal") { kind possibleTypes { name } }',
  '__type(name: $typeName) { __typename name }',
]

/** What is known about the services besides the schema. */
export interface Knowledge {
  readonly schema: GraphQLSchema
  ownerOf(typeName: string, fieldName: string): ServiceName | undefined
}

/** Writes a request at random: everything that a client may write about what the fixtures answer. It may be invalid. */
export function randomRequest(knowledge: Knowledge, gen: GeneratorValue): RandomRequest {
  const dice = diceOf(gen)
  const { chance, oneOf } = dice
  const selections = randomSelections(knowledge.schema, dice, knowledge.ownerOf)
  const operations = (chance(20) ? ['One', 'Two'] : [undefined]).map((name) => ({
    name,
    root: chance(20) ? MUTATION : QUERY,
  }))
  const texts = operations.map(({ name, root }) => {
    const before = selections.fragments.length
    const body = randomRoots(knowledge, dice, selections, root)
    const all = [body, ...selections.fragments.slice(before)].join('\n')
    const declared = Object.entries(TYPES).filter(([variable]) => new RegExp(`\\$${variable}\\b`).test(all))
    const head = declared.length > 0 ? `(${declared.map(([it, itsType]) => `$${it}: ${itsType}`).join(', ')})` : ''
    return `${root.operation}${name === undefined ? '' : ` ${name}`}${head} ${body}`
  })
  // Fragments may stand before and after what uses them.
  const definitions = chance(30) ? [...selections.fragments, ...texts] : [...texts, ...selections.fragments]
  return {
    query: definitions.join('\n'),
    operationName: oneOf(operations).name,
    variables: randomVariables(dice),
  }
}

/** Other values for the same document: what is planned once is executed with any. */
export function randomVariables({ chance, oneOf }: Dice): Record<string, unknown> {
  const hold = { eventId: ids.event(1), seatIds: oneOf([['A-1-1'], ['A-1-2', 'A-1-1'], 'A-1-2']) }
  const always = {
    yes: chance(80),
    no: chance(20),
    two: oneOf([1, 2, 5]),
    event: oneOf([ids.event(2), ids.event(4), 'nobody']),
    seat: oneOf(['A-1-1', 'A-1-2', 'quoted " and \\ and ü']),
    hold: { ...hold, idempotencyKey: 'any-new-text' },
    typeName: oneOf(['Event', 'Nothing']),
  }
  const sometimes: Record<string, readonly unknown[]> = {
    perhaps: [true, false],
    many: [1, 4],
    section: ['A', 'B', null],
    text: ['Concert 1', null],
    filter: [{ category: 'MUSIC' }, { text: 'Say' }, {}, null],
    category: ['MUSIC', 'THEATRE', null],
    json: [{ a: [1, { b: null }] }, 'text', 7, null],
  }
  const given = Object.entries(sometimes).filter(() => chance(60))
  return { ...always, ...Object.fromEntries(given.map(([name, values]) => [name, oneOf(values)])) }
}

function randomRoots(
  { schema, ownerOf }: Knowledge,
  { between, chance, oneOf }: Dice,
  selections: ReturnType<typeof randomSelections>,
  { typeName, choices }: typeof QUERY,
): string {
  const type = schema.getType(typeName)
  const fields = isObjectType(type) ? type.getFields() : {}
  const isOfOneService = chance(40)
  const [first] = oneOf(Object.entries(choices))
  const only = isOfOneService ? ownerOf(typeName, first) : undefined
  const names = Object.keys(choices).filter((name) => only === undefined || ownerOf(typeName, name) === only)
  let roots = 0
  const root = (): string => {
    if (chance(6)) return `${selections.alias()}__typename`
    if (chance(only === undefined ? 8 : 2)) return `s${(roots += 1)}: ${oneOf(INTROSPECTION)}`
    const name = oneOf(names)
    const named = getNamedType(fields[name]?.type)
    const below = isCompositeType(named) ? ` ${selections.below(named, only)}` : ''
    const alias = chance(75) ? `r${(roots += 1)}: ` : ''
    return `${alias}${name}${oneOf(choices[name] ?? [''])}${selections.directive()}${below}`
  }
  return `{ ${Array.from({ length: between(1, 3) }, () => selections.around(typeName, root)).join(' ')} }`
}
