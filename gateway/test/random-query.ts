import type { GeneratorValue } from 'fast-check'
import * as fc from 'fast-check'
import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isLeafType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql'
import { ids } from './world.ts'

/** Values of the variables that a random query may use; it declares those that it does. */
export const VARIABLES = { yes: true, no: false, two: 2, event: ids.event(2), filter: { category: 'MUSIC' } }
const TYPES = { yes: 'Boolean!', no: 'Boolean!', two: 'Int!', event: 'ID!', filter: 'EventFilter' }

/** Roots that the fixtures answer, with what they may be asked for. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  events: ['', '(first: 1)', '(first: $two)', '(filter: $filter)'],
  event: [`(id: "${ids.event(1)}")`, '(id: $event)', '(id: "nobody")'],
  booking: [`(id: "${ids.booking(1)}")`, `(id: "${ids.booking(2)}")`],
  bookings: ['', '(first: 3)'],
  validateTicket: [`(eventId: $event, code: "x")`],
  venue: [`(id: "${ids.venue(1)}")`, '(id: "nowhere")'],
  partner: [`(id: "${ids.partner(1)}")`, `(id: "${ids.partner(2)}")`],
  myPartners: [''],
  payment: [`(id: "${ids.payment(1)}")`, `(id: "${ids.payment(2)}")`],
  myNotifications: [''],
  unreadNotificationCount: [''],
  admins: [''],
  me: [''],
  user: [`(id: "${ids.user(1)}")`, `(id: "${ids.user(2)}")`],
}

const DEPTH_MAX = 6

/** Writes a query at random: aliases, fragments with and without names, conditions, arguments, introspection. */
export function randomQuery(schema: GraphQLSchema, gen: GeneratorValue): string {
  const between = (min: number, max: number) => gen(fc.integer, { min, max })
  const oneOf = <Value>(values: readonly Value[]): Value => {
    const value = values[between(0, values.length - 1)]
    if (value === undefined) throw new Error('nothing to choose from')
    return value
  }
  const chance = (percent: number) => between(1, 100) <= percent
  const fragments: string[] = []
  let aliases = 0

  const directive = () =>
    chance(12)
      ? oneOf([' @include(if: $yes)', ' @include(if: $no)', ' @skip(if: $no)', ' @skip(if: $yes)', ' @skip(if: false)'])
      : ''
  const alias = () => (chance(25) ? `a${(aliases += 1)}: ` : '')

  const field = (definition: GraphQLField<unknown, unknown>, depth: number): string => {
    const type = getNamedType(definition.type)
    const below = isCompositeType(type) ? ` ${selectionSet(type, depth + 1)}` : ''
    return `${alias()}${definition.name}${args(definition.args)}${directive()}${below}`
  }

  const args = (definitions: readonly GraphQLArgument[]): string => {
    const written = definitions.flatMap(({ name, type, defaultValue }) => {
      if (name === 'first') return chance(50) ? [oneOf(['first: 2', 'first: $two'])] : []
      if (name === 'section') return chance(50) ? ['section: "A"'] : []
      if (isNonNullType(type) && defaultValue === undefined) throw new Error(`what to write for ${name}?`)
      return []
    })
    return written.length > 0 ? `(${written.join(', ')})` : ''
  }

  const selection = (type: GraphQLCompositeType, depth: number): string => {
    if (chance(8)) return `${alias()}__typename`
    if (depth < DEPTH_MAX && chance(15)) return inlineFragment(type, depth)
    if (depth < DEPTH_MAX && chance(10)) return namedFragment(type, depth)
    if (!isObjectType(type)) return depth < DEPTH_MAX && chance(80) ? inlineFragment(type, depth) : '__typename'
    const all = Object.values(type.getFields())
    const fields = depth >= DEPTH_MAX ? all.filter((candidate) => isLeafType(getNamedType(candidate.type))) : all
    return fields.length > 0 ? field(oneOf(fields), depth) : '__typename'
  }

  const selectionSet = (type: GraphQLCompositeType, depth: number): string =>
    `{ ${Array.from({ length: between(1, 4) }, () => selection(type, depth)).join(' ')} }`

  const conditionType = (type: GraphQLCompositeType): GraphQLCompositeType =>
    isAbstractType(type) ? oneOf(schema.getPossibleTypes(type)) : type

  const inlineFragment = (type: GraphQLCompositeType, depth: number): string => {
    const condition = conditionType(type)
    const on = condition === type && chance(30) ? '' : ` on ${condition.name}`
    return `...${on}${directive()} ${selectionSet(condition, depth + 1)}`
  }

  const namedFragment = (type: GraphQLCompositeType, depth: number): string => {
    const condition = conditionType(type)
    const text = selectionSet(condition, depth + 1)
    const name = `F${fragments.length}`
    fragments.push(`fragment ${name} on ${condition.name} ${text}`)
    return `...${name}${directive()}`
  }

  const root = schema.getQueryType()?.getFields() ?? {}
  const roots = Array.from({ length: between(1, 3) }, (): string => {
    if (chance(5)) return 's: __schema { queryType { name } }'
    const [name, choices] = oneOf(Object.entries(ROOTS))
    const type = getNamedType(root[name]?.type as GraphQLObjectType)
    const below = isCompositeType(type) ? ` ${selectionSet(type, 1)}` : ''
    return `r${(aliases += 1)}: ${name}${oneOf(choices)}${directive()}${below}`
  })
  const body = [`{ ${roots.join(' ')} }`, ...fragments].join('\n')
  const declared = Object.entries(TYPES).filter(([name]) => body.includes(`$${name}`))
  return declared.length > 0
    ? `query (${declared.map(([name, type]) => `$${name}: ${type}`).join(', ')}) ${body}`
    : body
}
