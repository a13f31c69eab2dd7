import {
  GraphQLSkipDirective,
  Kind,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Fragments } from './selection.ts'

/** An operation in two parts. */
export interface Split {
  /** What the subgraphs answer; undefined when they are asked nothing. */
  readonly remote: DocumentNode | undefined
  /** What graphql-js answers from the schema: `__schema`, `__type`, and if nothing else `__typename`. */
  readonly local: DocumentNode
  /** Whether that is about the schema. */
  readonly asksSchema: boolean
}

/** Splits an operation on the root type of this name. */
export function splitIntrospection(operation: OperationDefinitionNode, fragments: Fragments, rootName: string): Split {
  const split = (keep: (field: FieldNode) => boolean): DocumentNode => {
    const used = new Map<string, DefinitionNode>()
    const atRoot = (selectionSet: SelectionSetNode): SelectionSetNode => {
      const selections = selectionSet.selections.flatMap((selection): SelectionNode[] => {
        // Where literals leave everything out the planner finds no plan.
        if (isLeftOut(selection)) return []
        if (selection.kind === Kind.INLINE_FRAGMENT)
          return [{ ...selection, selectionSet: atRoot(selection.selectionSet) }]
        if (selection.kind === Kind.FIELD && !keep(selection)) return []
        addFragments(selection)
        return [selection]
      })
      return selections.length > 0 ? { ...selectionSet, selections } : ONLY_TYPENAME
    }
    const addFragments = (selection: SelectionNode): void => {
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        for (const below of selection.selectionSet?.selections ?? []) addFragments(below)
        return
      }
      const fragment = fragments.get(selection.name.value)
      if (!fragment || used.has(fragment.name.value)) return
      used.set(fragment.name.value, fragment)
      if (fragment.typeCondition.name.value === rootName) {
        used.set(fragment.name.value, { ...fragment, selectionSet: atRoot(fragment.selectionSet) })
      } else for (const below of fragment.selectionSet.selections) addFragments(below)
    }
    const definition = { ...operation, selectionSet: atRoot(operation.selectionSet) }
    return { kind: Kind.DOCUMENT, definitions: [definition, ...used.values()] }
  }

  let asksSubgraphs = false
  let asksSchema = false
  const remote = split((field) => {
    if (isIntrospection(field)) {
      asksSchema = true
      return false
    }
    asksSubgraphs ||= field.name.value !== '__typename'
    return true
  })
  return { remote: asksSubgraphs ? remote : undefined, local: split(isIntrospection), asksSchema }
}

const isIntrospection = ({ name }: FieldNode) => name.value === '__schema' || name.value === '__type'

/** Whether `@skip(if: true)` or `@include(if: false)` leave it out, whatever the variables are. */
export function isLeftOut({ directives = [] }: SelectionNode): boolean {
  return directives.some(({ name, arguments: args }) => {
    const condition = args?.[0]?.value
    return condition?.kind === Kind.BOOLEAN && condition.value === (name.value === GraphQLSkipDirective.name)
  })
}

const ONLY_TYPENAME: SelectionSetNode = {
  kind: Kind.SELECTION_SET,
  selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }],
}
