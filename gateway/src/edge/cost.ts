import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  OperationTypeNode,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { largest, sum, times, type Amount, type Variables } from './cost-amount.ts'
import type { CostWeights } from './cost-weights.ts'

/** Points of an object of an answer, unless its type says otherwise with `@cost`. Scalars cost nothing. */
const OBJECT_POINTS = 1
/** Points of a mutation, unless it says otherwise with `@cost`. */
export const MUTATION_POINTS = 10
/** Points of `__schema` and of `__type`, whatever is asked of them. */
export const INTROSPECTION_POINTS = 200
/** How long a list without pages is taken to be, unless it says otherwise with `@listSize`. */
const LIST_SIZE_ASSUMED = 10
/** The longest page that a service gives; it refuses to be asked for a longer one. */
const PAGE_SIZE_MAX = 100

/** What an operation costs. */
export interface OperationCost {
  /** Whether all it does is to move seats, money or the door. */
  readonly isPriority: boolean
  /** Points of one execution, whole and at least 1. Variables of the wrong type count as if they were not there. */
  pointsFor(variables: Variables): number
}

/**
 * Finds out once what an operation costs at most: 1 point for each object that its answer may have. `@skip` and
 * `@include` change nothing. What validation will refuse costs something, whatever it is. No fragment of the document
 * may spread itself.
 */
export type CostOf = (document: DocumentNode, operation: OperationDefinitionNode) => OperationCost

/** Prepares the costs of a schema, or throws when there is a weight for something that it does not have. */
export function costCompiler(schema: GraphQLSchema, weights: CostWeights): CostOf {
  refuseUnknown(schema, weights)
  return (document, operation) => {
    const type = schema.getRootType(operation.operation)
    if (!type) return { isPriority: false, pointsFor: () => 1 }
    const compiler = compilerFor(schema, weights, document, operation)
    const amount = compiler.ofFields(type, [operation.selectionSet], undefined)
    return {
      isPriority: operation.operation === OperationTypeNode.MUTATION && compiler.isPriority(type),
      pointsFor: typeof amount === 'number' ? always(whole(amount)) : (variables) => whole(amount(variables)),
    }
  }
}

const always = (points: number) => () => points

/** A tenth has no exact binary form, so that ten of them may be a little more than one. */
const whole = (points: number) => Math.max(1, Math.ceil(points - 1e-6))

function refuseUnknown(schema: GraphQLSchema, { points, listSizes, priorities }: CostWeights): void {
  for (const place of [...points.keys(), ...listSizes.keys(), ...priorities]) {
    const [typeName = '', fieldName] = place.split('.')
    const type = schema.getType(typeName)
    const field = isObjectType(type) && fieldName !== undefined ? type.getFields()[fieldName] : undefined
    if (!isObjectType(type) || (fieldName !== undefined && !field))
      throw new Error(`there is a weight for ${place}, which the schema does not have`)
    const narrowedBy = listSizes.get(place)?.narrowedBy
    if (narrowedBy !== undefined && !field?.args.some(({ name }) => name === narrowedBy))
      throw new Error(`the list ${place} is narrowed by ${narrowedBy}, which is no argument of it`)
  }
}

function compilerFor(
  schema: GraphQLSchema,
  weights: CostWeights,
  { definitions }: DocumentNode,
  operation: OperationDefinitionNode,
) {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const defaults = new Map<string, unknown>()
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue) defaults.set(variable.name.value, valueFromASTUntyped(defaultValue))
  }

  /** One object of the type with what is selected of it; of several possible types the dearest. */
  const ofObject = (
    type: GraphQLCompositeType,
    selectionSets: readonly SelectionSetNode[],
    page: Amount | undefined,
  ): Amount => {
    if (isAbstractType(type)) {
      return largest(schema.getPossibleTypes(type).map((possible) => ofObject(possible, selectionSets, page)))
    }
    return sum([weights.points.get(type.name) ?? OBJECT_POINTS, ofFields(type, selectionSets, page)])
  }

  /** The fields of an object; `page` is the size of the lists of a connection. */
  const ofFields = (
    type: GraphQLObjectType,
    selectionSets: readonly SelectionSetNode[],
    page: Amount | undefined,
  ): Amount => sum([...collect(type, selectionSets).values()].map((nodes) => ofField(type, nodes, page)))

  const ofField = (
    parent: GraphQLObjectType,
    nodes: readonly [FieldNode, ...FieldNode[]],
    page: Amount | undefined,
  ): Amount => {
    const name = nodes[0].name.value
    if (name === '__schema' || name === '__type') return INTROSPECTION_POINTS
    const field = parent.getFields()[name]
    if (!field) return 0
    const place = `${parent.name}.${name}`
    const call = weights.points.get(place) ?? (parent === schema.getMutationType() ? MUTATION_POINTS : 0)
    const type = getNamedType(field.type)
    if (!isCompositeType(type)) return call
    const isList = isListOf(field.type)
    const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    // Selections of one key ask for the same page, or validation refuses them.
    const dearest = (sizeOf: (node: FieldNode) => Amount) => largest(nodes.map(sizeOf))
    if (!isList) {
      const size = isPaged(field) ? dearest((node) => pageSizeOf(field, node)) : undefined
      return sum([call, ofObject(type, selectionSets, size)])
    }
    const size = dearest((node) => listSizeOf(place, field, node) ?? page ?? LIST_SIZE_ASSUMED)
    return sum([call, times(size, ofObject(type, selectionSets, undefined))])
  }

  /** What `first` or `last` says. */
  const pageSizeOf = ({ args }: GraphQLField<unknown, unknown>, node: FieldNode): Amount => {
    const definitions = args.filter(isSlicing)
    const given = definitions.find(({ name }) => argumentOf(node, name)) ?? definitions[0]
    const initial = pageSize(given?.defaultValue, PAGE_SIZE_MAX)
    const value = given && argumentOf(node, given.name)
    if (!value) return initial
    if (value.kind !== Kind.VARIABLE) return pageSize(valueFromASTUntyped(value), initial)
    const name = value.name.value
    const unsaid = pageSize(defaults.get(name), initial)
    return (variables) => pageSize(variables[name], unsaid)
  }

  /** What `@listSize` or its own arguments say about a list. */
  const listSizeOf = (place: string, field: GraphQLField<unknown, unknown>, node: FieldNode): Amount | undefined => {
    const listSize = weights.listSizes.get(place)
    if (!listSize) return isPaged(field) ? pageSizeOf(field, node) : undefined
    const { assumedSize, narrowedBy, narrowedSize } = listSize
    const value = narrowedBy === undefined ? undefined : argumentOf(node, narrowedBy)
    if (!value || value.kind === Kind.NULL || narrowedSize === undefined) return assumedSize
    if (value.kind !== Kind.VARIABLE) return narrowedSize
    const name = value.name.value
    const unsaid = defaults.get(name) ?? null
    return (variables) => {
      // A variable may have the name of something that every object has, such as `constructor`.
      const given = Object.hasOwn(variables, name) ? variables[name] : undefined
      return (given === undefined ? unsaid : given) === null ? assumedSize : narrowedSize
    }
  }

  /**
   * The fields that are asked of an object, by response key: two selections of one key are one field of the answer.
   * That they ask the same of it is for validation to see.
   */
  const collect = (type: GraphQLObjectType, selectionSets: readonly SelectionSetNode[]) => {
    const fields = new Map<string, [FieldNode, ...FieldNode[]]>()
    const spread = new Set<string>()
    const add = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.FIELD) {
          const key = selection.alias?.value ?? selection.name.value
          const nodes = fields.get(key)
          if (nodes) nodes.push(selection)
          else fields.set(key, [selection])
          continue
        }
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          if (spread.has(selection.name.value)) continue
          spread.add(selection.name.value)
        }
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
        if (fragment && appliesTo(fragment.typeCondition?.name.value, type)) add(fragment.selectionSet)
      }
    }
    for (const selectionSet of selectionSets) add(selectionSet)
    return fields
  }

  const appliesTo = (condition: string | undefined, type: GraphQLObjectType): boolean => {
    if (condition === undefined || condition === type.name) return true
    const conditionType = schema.getType(condition)
    return isAbstractType(conditionType) && schema.isSubType(conditionType, type)
  }

  const isPriority = (root: GraphQLObjectType): boolean => {
    const names = [...collect(root, [operation.selectionSet]).values()].map(([{ name }]) => name.value)
    const called = names.filter((name) => name !== '__typename')
    return called.length > 0 && called.every((name) => weights.priorities.has(`${root.name}.${name}`))
  }

  return { ofFields, isPriority }
}

const isSlicing = ({ name }: GraphQLArgument) => name === 'first' || name === 'last'
const isPaged = ({ args }: GraphQLField<unknown, unknown>) => args.some(isSlicing)

function argumentOf({ arguments: args = [] }: FieldNode, wanted: string) {
  return args.find(({ name }) => name.value === wanted)?.value
}

/** The size of a page that may be had. A service refuses all others, and validation whatever is no whole number. */
function pageSize(value: unknown, otherwise: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return otherwise
  return Math.min(Math.max(value, 1), PAGE_SIZE_MAX)
}

function isListOf(type: GraphQLOutputType): boolean {
  return isNonNullType(type) ? isListOf(type.ofType) : isListType(type)
}
