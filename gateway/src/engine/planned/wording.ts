import {
  isAbstractType,
  isCompositeType,
  isObjectType,
  getNamedType,
  Kind,
  print,
  visit,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { isLeftOut } from './introspection.ts'

/** Of `node: node` beside `node` the planner keeps both, and asks a subgraph for one of them without what is below. */
const NAMESAKE = /\b(\w+): \1\b/

const CONDITION = / on (\w+)/g

/** `@skip` or `@include` that goes by a literal. */
const LITERAL = /\(if: (true|false)\)/

/**
 * An operation in words that the planner understands. It leaves out a field, even of a mutation, whose fragments are all of
 * types that cannot be there, or finds no plan for it; and none for a fragment on the field's own union with `@include`.
 * Either takes an interface or a union in a condition. Nor does it find one where literals leave out all that a variable
 * decides about.
 */
export function wordedForPlanner(schema: GraphQLSchema, document: DocumentNode): string {
  const text = print(document)
  const isAbstract = ([, name = '']: RegExpExecArray) => isAbstractType(schema.getType(name))
  const hasImpossible = LITERAL.test(text) || text.matchAll(CONDITION).some(isAbstract)
  if (!hasImpossible && !NAMESAKE.test(text)) return text
  const possible = hasImpossible ? withoutImpossible(schema, document) : document
  return print(
    visit(possible, {
      Field: (field) => (field.alias?.value === field.name.value ? { ...field, alias: undefined } : undefined),
    }),
  )
}

/** What objects of some types may be asked for. */
type Scope = readonly GraphQLObjectType[]

function withoutImpossible(schema: GraphQLSchema, { definitions }: DocumentNode): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const typesOf = (name: string | undefined): Scope => {
    const type = name === undefined ? undefined : schema.getType(name)
    if (isAbstractType(type)) return schema.getPossibleTypes(type)
    return isObjectType(type) ? [type] : []
  }
  const below = (parent: string, scope: Scope, { selections }: SelectionSetNode): SelectionSetNode => {
    const kept = selections.flatMap((selection): SelectionNode[] => {
      if (isLeftOut(selection)) return []
      if (selection.kind === Kind.FIELD) {
        if (!selection.selectionSet) return [selection]
        const type = getNamedType(scope.map((each) => each.getFields()[selection.name.value]?.type).find(Boolean))
        // What is asked about the schema itself is in no scope.
        if (!isCompositeType(type)) return [selection]
        return [{ ...selection, selectionSet: below(type.name, typesOf(type.name), selection.selectionSet) }]
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      if (!fragment) return []
      const { typeCondition } = fragment
      const condition = typeCondition?.name.value ?? parent
      const types = typeCondition ? typesOf(condition) : scope
      const narrowed = scope.filter((type) => types.includes(type))
      if (narrowed.length === 0) return []
      return [
        {
          kind: Kind.INLINE_FRAGMENT,
          ...(typeCondition && condition !== parent && { typeCondition }),
          ...(selection.directives && { directives: selection.directives }),
          selectionSet: below(condition, narrowed, fragment.selectionSet),
        },
      ]
    })
    return { kind: Kind.SELECTION_SET, selections: kept.length > 0 ? kept : [TYPENAME] }
  }
  const operations = definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return []
    const root = schema.getRootType(definition.operation)
    return [root ? { ...definition, selectionSet: below(root.name, [root], definition.selectionSet) } : definition]
  })
  return { kind: Kind.DOCUMENT, definitions: operations }
}

const TYPENAME: SelectionNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }
