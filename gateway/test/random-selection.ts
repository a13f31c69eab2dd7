import type { ServiceName } from '@tikitu/schema/services'
import {
  doTypesOverlap,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql'
import type { Dice } from './dice.ts'

const DEPTH_MAX = 6

/** What leads far, or to something that goes wrong: chosen at random alone it would hardly come up. */
const FAVOURITES = new Set(
  [
    [
      'edges',
      'node',
      'venue',
      'partner',
      'events',
      'event',
      'bookings',
      'booking',
      'payment',
      'user',
      'owner',
      'staff',
    ],
    ['ticketTypes', 'sections', 'tickets', 'seats', 'name', 'companyName', 'description', 'category', 'rows'],
    ['contactEmail', 'phone', 'reference', 'title'],
  ].flat(),
)

/** Writes selection sets at random, of one document. */
export interface Selections {
  /** The fragments that were spread so far. */
  readonly fragments: readonly string[]
  /** `alias: `, or nothing. */
  alias(): string
  /** ` @skip(if: $no)`, or nothing. */
  directive(): string
  /** A selection set of the type, with its braces; none of its own below a leaf. */
  below(type: GraphQLCompositeType, only?: ServiceName): string
  /** What `write` gives, at the root, inside of a fragment on the root type, or of one inside another. */
  around(rootName: string, write: () => string): string
}

/** Begins a document. `ownerOf` knows which service has a field: a selection that is for one service only keeps to its fields. */
export function randomSelections(
  schema: GraphQLSchema,
  { between, chance, oneOf }: Dice,
  ownerOf: (typeName: string, fieldName: string) => ServiceName | undefined,
): Selections {
  const composites = Object.values(schema.getTypeMap()).filter(isCompositeType)
  const fragments: string[] = []
  let aliases = 0

  const directive = () => {
    if (!chance(15)) return ''
    const conditions = ['$yes', '$no', '$perhaps', 'true', 'false'].map((value) => `(if: ${value})`)
    const one = () => ` @${oneOf(['skip', 'include'])}${oneOf(conditions)}`
    return chance(10) ? ` @skip${oneOf(conditions)} @include${oneOf(conditions)}` : one()
  }
  const alias = () => (chance(25) ? `a${(aliases += 1)}: ` : '')

  const field = (
    type: GraphQLCompositeType,
    definition: GraphQLField<unknown, unknown>,
    depth: number,
    only?: ServiceName,
  ): string => {
    const named = getNamedType(definition.type)
    const below = isCompositeType(named) ? ` ${selectionSet(named, depth + 1, only)}` : ''
    return `${fieldAlias(type)}${definition.name}${args(definition.args)}${directive()}${below}`
  }

  /** Now and then a field goes by the name of another, even by that of the key. */
  const fieldAlias = (type: GraphQLCompositeType): string =>
    isObjectType(type) && chance(3) ? `${oneOf(Object.keys(type.getFields()))}: ` : alias()

  const args = (definitions: readonly GraphQLArgument[]): string => {
    const written = definitions.flatMap(({ name, type, defaultValue }) => {
      if (name === 'first') return chance(50) ? [oneOf(['first: 2', 'first: $two', 'first: $many'])] : []
      if (name === 'section') return chance(60) ? [oneOf(['section: "A"', 'section: $section', 'section: null'])] : []
      if (isNonNullType(type) && defaultValue === undefined) throw new Error(`what to write for ${name}?`)
      return []
    })
    return written.length > 0 ? `(${written.join(', ')})` : ''
  }

  const selection = (type: GraphQLCompositeType, depth: number, only?: ServiceName): string => {
    if (chance(5)) return `${alias()}__typename`
    if (depth < DEPTH_MAX && chance(15)) return inlineFragment(type, depth, only)
    if (depth < DEPTH_MAX && chance(10)) return namedFragment(type, depth, only)
    if (isUnionType(type)) return depth < DEPTH_MAX && chance(90) ? inlineFragment(type, depth, only) : '__typename'
    const all = Object.values(type.getFields()).filter(
      ({ name }) => only === undefined || (ownerOf(type.name, name) ?? only) === only,
    )
    const fields = depth >= DEPTH_MAX ? all.filter((candidate) => isLeafType(getNamedType(candidate.type))) : all
    if (fields.length === 0) return '__typename'
    const favourites = fields.filter(({ name }) => FAVOURITES.has(name))
    return field(type, oneOf(favourites.length > 0 && chance(50) ? favourites : fields), depth, only)
  }

  const selectionSet = (type: GraphQLCompositeType, depth: number, only?: ServiceName): string =>
    `{ ${Array.from({ length: between(1, 5) }, () => selection(type, depth, only)).join(' ')} }`

  /** Mostly a type that says more; now and then any that some object could have beside, though none here may. */
  const conditionFor = (type: GraphQLCompositeType): GraphQLCompositeType => {
    const possible = isObjectType(type) ? [type] : schema.getPossibleTypes(type)
    if (chance(70)) return oneOf(possible)
    const overlapping = composites.filter((candidate) => doTypesOverlap(schema, type, candidate))
    const interfaces = overlapping.filter(isInterfaceType)
    return interfaces.length > 0 && chance(60) ? oneOf(interfaces) : oneOf(overlapping)
  }

  const inlineFragment = (type: GraphQLCompositeType, depth: number, only?: ServiceName): string => {
    const condition = conditionFor(type)
    const on = condition === type && chance(30) ? '' : ` on ${condition.name}`
    return `...${on}${directive()} ${selectionSet(condition, depth + 1, only)}`
  }

  const namedFragment = (type: GraphQLCompositeType, depth: number, only?: ServiceName): string => {
    const condition = conditionFor(type)
    const text = selectionSet(condition, depth + 1, only)
    return `...${define(condition.name, text)}${directive()}`
  }

  const define = (typeName: string, text: string): string => {
    const name = `F${fragments.length}`
    fragments.push(`fragment ${name} on ${typeName} ${text}`)
    return name
  }

  const around = (rootName: string, write: () => string): string => {
    if (!chance(25)) return write()
    const text = `{ ${around(rootName, write)} }`
    if (chance(40)) return `...${define(rootName, text)}${directive()}`
    return `...${oneOf(['', ` on ${rootName}`])}${directive()} ${text}`
  }

  return { fragments, alias, directive, below: (type, only) => selectionSet(type, 1, only), around }
}
