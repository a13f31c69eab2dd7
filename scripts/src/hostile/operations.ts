import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql'

/** One field of the graph that takes arguments, with a document that asks for it alone. */
export interface Operation {
  readonly kind: 'query' | 'mutation'
  /** Its schema coordinate: `Mutation.holdSeats`, `Event.seats`. */
  readonly coordinate: string
  readonly document: string
  /** The variables of the document by name; each stands for the argument at the coordinate. */
  readonly variables: ReadonlyMap<string, { readonly coordinate: string; readonly argument: GraphQLArgument }>
  /** What the field gives. */
  readonly type: GraphQLOutputType
  /** The field's place in the answer's `data`. */
  readonly answer: readonly string[]
}

/** Every field with arguments that a request for an answer can come to, the fields of `Query` and `Mutation` first. Throws for one that cannot be reached. */
export function operationsOf(schema: GraphQLSchema): Operation[] {
  const query = schema.getQueryType()
  const mutation = schema.getMutationType()
  if (!query || !mutation) throw new Error('the schema has no Query or no Mutation')
  const isRoot = (type: GraphQLObjectType) => [query, mutation, schema.getSubscriptionType()].includes(type)
  const roots = [query, mutation].flatMap((root) =>
    Object.values(root.getFields()).flatMap((field) => (field.args.length > 0 ? [{ type: root, field }] : [])),
  )
  const below = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) && !isRoot(type) && !type.name.startsWith('__')
      ? Object.values(type.getFields()).flatMap((field) => (field.args.length > 0 ? [{ type, field }] : []))
      : [],
  )
  return [
    ...roots.map(({ type, field }) => operationAt(type === mutation ? 'mutation' : 'query', [{ type, field }], schema)),
    ...below.map(({ type, field }) => operationAt('query', [...wayTo(type, query), { type, field }], schema)),
  ]
}

interface Step {
  readonly type: GraphQLObjectType
  readonly field: GraphQLField<unknown, unknown>
}

/** The shortest way from `Query` to an object of the type; one by id before others, for it shows somebody else's too. */
function wayTo(target: GraphQLObjectType, query: GraphQLObjectType): Step[] {
  const seen = new Set([query])
  let ways: Step[][] = [[]]
  while (ways.length > 0) {
    const longer = ways.flatMap((way) => {
      const type = way.length === 0 ? query : singleObject(way.at(-1)?.field)
      return type ? stepsFrom(type).map((step) => [...way, step]) : []
    })
    const found = longer.find((way) => singleObject(way.at(-1)?.field) === target)
    if (found) return found
    ways = longer.filter((way) => {
      const type = singleObject(way.at(-1)?.field)
      return type && !seen.has(type) && seen.add(type)
    })
  }
  throw new Error(`there is no way from Query to ${target.name}`)
}

function stepsFrom(type: GraphQLObjectType): Step[] {
  const fields = Object.values(type.getFields())
  const byId = fields.filter(({ args }) => args.length === 1 && args[0]?.name === 'id')
  const asTheyAre = fields.filter(({ args }) => args.length === 0)
  const asked = fields.filter((field) => field.args.length > 0 && !byId.includes(field))
  return [...byId, ...asTheyAre, ...asked].map((field) => ({ type, field }))
}

function singleObject(field: GraphQLField<unknown, unknown> | undefined): GraphQLObjectType | undefined {
  const type = field && getNullableType(field.type)
  return isObjectType(type) ? type : undefined
}

function operationAt(kind: Operation['kind'], way: readonly Step[], schema: GraphQLSchema): Operation {
  const last = way.at(-1)
  if (!last) throw new Error('a way has at least one step')
  const steps = way.map(({ type, field }, index) => ({
    field,
    // The arguments on the way are the required ones, those at its end are all.
    variables: field.args
      .filter((argument) => index === way.length - 1 || isRequiredArgument(argument))
      .map((argument) => ({
        name: index === way.length - 1 ? argument.name : `${field.name}_${argument.name}`,
        coordinate: `${type.name}.${field.name}.${argument.name}`,
        argument,
      })),
  }))
  const variables = steps.flatMap((step) => step.variables)
  const declared = variables.map(({ name, argument }) => `$${name}: ${String(argument.type)}`).join(', ')
  const selection = steps.reduceRight(
    (inner, { field, variables: own }) => {
      const passed = own.map(({ name, argument }) => `${argument.name}: $${name}`).join(', ')
      return `{ ${field.name}${passed ? `(${passed})` : ''} ${inner} }`
    },
    selectionOf(last.field.type, schema),
  )
  return {
    kind,
    coordinate: `${last.type.name}.${last.field.name}`,
    document: `${kind} Hostile(${declared}) ${selection}`,
    variables: new Map(variables.map(({ name, coordinate, argument }) => [name, { coordinate, argument }])),
    type: last.field.type,
    answer: way.map(({ field }) => field.name),
  }
}

/** Everything of an answer that is a plain value, and the rows of a page. */
function selectionOf(output: GraphQLOutputType, schema: GraphQLSchema): string {
  const type = getNamedType(output)
  if (!isCompositeType(type)) return ''
  if (!isUnionType(type)) return isAbstractType(type) ? '{ __typename }' : `{ ${fieldsOf(type, schema)} }`
  const types = new Map<string, Set<string>>()
  for (const member of type.getTypes())
    for (const { name, type: of } of plainFields(member))
      types.set(name, (types.get(name) ?? new Set()).add(String(of)))
  const members = type.getTypes().map((member) => {
    // Members may give one name to values of different types, and a document may not.
    const fields = plainFields(member).map(({ name }) =>
      (types.get(name)?.size ?? 0) > 1 ? `${member.name}_${name}: ${name}` : name,
    )
    return `... on ${member.name} { ${fields.join(' ')} }`
  })
  return `{ __typename ${members.join(' ')} }`
}

/** What a page is made of. Other objects are left out: an event's seats are 39,264. */
const PARTS_OF_A_PAGE = new Set(['edges', 'node', 'pageInfo'])

function fieldsOf(type: GraphQLObjectType, schema: GraphQLSchema): string {
  const page = Object.values(type.getFields())
    .filter(({ name }) => PARTS_OF_A_PAGE.has(name))
    .map(({ name, type: of }) => `${name} ${selectionOf(of, schema)}`)
  return ['__typename', ...plainFields(type).map(({ name }) => name), ...page].join(' ')
}

function plainFields(type: GraphQLObjectType): GraphQLField<unknown, unknown>[] {
  return Object.values(type.getFields()).filter(
    ({ args, type: of }) => args.length === 0 && !isCompositeType(getNamedType(of)),
  )
}
