import {
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  Kind,
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import type { Run } from './run.ts'

/** A document's fragments by name. */
export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

/** What is selected of an object, as the specification collects it. */
export interface Collector {
  readonly schema: GraphQLSchema
  readonly fragments: Fragments
  /** Decide `@skip` and `@include`. */
  readonly variables: Run['variables']
}

/** The fields that the selection sets ask of an object of the type, by response key, in the order of the answer. */
export function collectFields(
  collector: Collector,
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const spread = new Set<string>()
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (!isIncluded(selection.directives ?? [], collector.variables)) continue
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
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? collector.fragments.get(selection.name.value) : selection
      if (fragment && appliesTo(collector.schema, fragment.typeCondition?.name.value, type))
        collect(fragment.selectionSet)
    }
  }
  for (const selectionSet of selectionSets) collect(selectionSet)
  return fields
}

function appliesTo(schema: GraphQLSchema, condition: string | undefined, type: GraphQLObjectType): boolean {
  if (condition === undefined || condition === type.name) return true
  const conditionType = schema.getType(condition)
  return isAbstractType(conditionType) && schema.isSubType(conditionType, type)
}

function isIncluded(directives: readonly DirectiveNode[], variables: Run['variables']): boolean {
  return directives.every(({ name, arguments: args }) => {
    const condition = args?.[0]?.value
    const value =
      condition?.kind === Kind.VARIABLE
        ? variables[condition.name.value]
        : condition?.kind === Kind.BOOLEAN && condition.value
    if (name.value === GraphQLSkipDirective.name) return value !== true
    if (name.value === GraphQLIncludeDirective.name) return value === true
    return true
  })
}
