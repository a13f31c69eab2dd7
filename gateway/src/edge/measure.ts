import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

/** How large an operation is. A fragment counts wherever it is spread; introspection does not count. */
export interface Measure {
  /** Fields nested in each other. */
  readonly depth: number
  readonly aliases: number
  readonly fields: number
  /** Fields at the top. */
  readonly rootFields: number
  /** Whether it asks for `__schema` or `__type`. */
  readonly introspects: boolean
  /** Whether an alias begins with `__`, as only names of introspection may. */
  readonly reservedAlias: boolean
}

/** Measures an operation in time linear to its document, whatever its fragments multiply to. */
export function measureOperation(document: DocumentNode, operation: OperationDefinitionNode): Measure {
  const measure = measurer(document)
  return measure(operation.selectionSet)
}

const NOTHING: Measure = { depth: 0, aliases: 0, fields: 0, rootFields: 0, introspects: false, reservedAlias: false }

function measurer(document: DocumentNode): (selectionSet: SelectionSetNode) => Measure {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const measured = new Map<string, Measure>()

  const measureFragment = (name: string): Measure => {
    const known = measured.get(name)
    if (known) return known
    // A fragment that spreads itself, or that does not exist, counts nothing here; validation refuses it.
    measured.set(name, NOTHING)
    const fragment = fragments.get(name)
    const result = fragment ? measureSelections(fragment.selectionSet) : NOTHING
    measured.set(name, result)
    return result
  }

  const measureSelections = ({ selections }: SelectionSetNode): Measure =>
    selections
      .map((selection): Measure => {
        if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(selection.name.value)
        if (selection.kind === Kind.INLINE_FRAGMENT) return measureSelections(selection.selectionSet)
        const aliases = selection.alias ? 1 : 0
        const reservedAlias = selection.alias?.value.startsWith('__') ?? false
        if (selection.name.value === '__schema' || selection.name.value === '__type') {
          return { depth: 1, aliases, fields: 1, rootFields: 1, introspects: true, reservedAlias }
        }
        const below = selection.selectionSet ? measureSelections(selection.selectionSet) : NOTHING
        return {
          depth: below.depth + 1,
          aliases: below.aliases + aliases,
          fields: below.fields + 1,
          rootFields: 1,
          introspects: below.introspects,
          reservedAlias: reservedAlias || below.reservedAlias,
        }
      })
      .reduce(
        (sum, next) => ({
          depth: Math.max(sum.depth, next.depth),
          aliases: sum.aliases + next.aliases,
          fields: sum.fields + next.fields,
          rootFields: sum.rootFields + next.rootFields,
          introspects: sum.introspects || next.introspects,
          reservedAlias: sum.reservedAlias || next.reservedAlias,
        }),
        NOTHING,
      )

  return measureSelections
}
