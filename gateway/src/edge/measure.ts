import {
  GraphQLError,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** How large an operation or a fragment is. A fragment counts wherever it is spread. */
export interface Measure {
  /** Fields nested in each other; introspection is one level, as its own query is deeper than any other. */
  readonly depth: number
  readonly aliases: number
  readonly fields: number
  /** Fields, spreads and inline fragments: the steps of whoever walks all of it. */
  readonly selections: number
  /** The most directives that one field, spread or inline fragment has. */
  readonly directivesAtOnePlace: number
  /** Fields at the top. */
  readonly rootFields: number
  /** Whether it asks for `__schema` or `__type`. */
  readonly introspects: boolean
  /** Whether an alias begins with `__`, as only names of introspection may. */
  readonly reservedAlias: boolean
}

/** How large all parts of a document are. */
export interface DocumentMeasure {
  readonly operations: readonly { readonly operation: OperationDefinitionNode; readonly measure: Measure }[]
  /** Every fragment, whether it is spread or not: rules of validation walk them all. */
  readonly fragments: readonly Measure[]
}

/**
 * Measures a document in time linear to it, whatever its fragments multiply to. Throws a `GraphQLError` when a
 * fragment spreads itself or has the name of another: such a document has no measure.
 */
export function measureDocument({ definitions }: DocumentNode): DocumentMeasure {
  const fragments = fragmentsByName(definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION))
  const { measureSelections, measureFragment } = measurer(fragments)
  return {
    fragments: [...fragments.keys()].map(measureFragment),
    operations: definitions
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
      .map((operation) => ({ operation, measure: measureSelections(operation.selectionSet) })),
  }
}

function fragmentsByName(definitions: readonly FragmentDefinitionNode[]): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const fragment of definitions) {
    const name = fragment.name.value
    const other = fragments.get(name)
    if (other) {
      throw new GraphQLError(`There can be only one fragment named "${name}".`, { nodes: [other.name, fragment.name] })
    }
    fragments.set(name, fragment)
  }
  return fragments
}

const NOTHING: Measure = {
  depth: 0,
  aliases: 0,
  fields: 0,
  selections: 0,
  directivesAtOnePlace: 0,
  rootFields: 0,
  introspects: false,
  reservedAlias: false,
}

function measurer(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const measured = new Map<string, Measure>()
  const open = new Set<string>()

  const measureSelections = ({ selections }: SelectionSetNode): Measure =>
    selections.map(measureSelection).reduce(add, NOTHING)

  const measureSelection = (selection: SelectionNode): Measure => {
    if (selection.kind === Kind.FIELD) {
      return asField(selection, selection.selectionSet ? measureSelections(selection.selectionSet) : NOTHING)
    }
    const below =
      selection.kind === Kind.INLINE_FRAGMENT
        ? measureSelections(selection.selectionSet)
        : measureFragment(selection.name.value)
    return {
      ...below,
      selections: below.selections + 1,
      directivesAtOnePlace: Math.max(below.directivesAtOnePlace, selection.directives?.length ?? 0),
    }
  }

  const measureFragment = (name: string): Measure => {
    const known = measured.get(name)
    if (known) return known
    const fragment = fragments.get(name)
    // Validation says that there is none.
    if (!fragment) return NOTHING
    // Validation would say this too, but only after other rules have followed every path of the cycle.
    if (open.has(name)) throw new GraphQLError(`Cannot spread fragment "${name}" within itself.`, { nodes: fragment })
    open.add(name)
    const measure = measureSelections(fragment.selectionSet)
    open.delete(name)
    measured.set(name, measure)
    return measure
  }

  return { measureSelections, measureFragment }
}

function asField({ name, alias, directives }: FieldNode, below: Measure): Measure {
  const introspects = name.value === '__schema' || name.value === '__type'
  return {
    depth: introspects ? 1 : below.depth + 1,
    aliases: below.aliases + (alias ? 1 : 0),
    fields: below.fields + 1,
    selections: below.selections + 1,
    directivesAtOnePlace: Math.max(below.directivesAtOnePlace, directives?.length ?? 0),
    rootFields: 1,
    introspects: introspects || below.introspects,
    reservedAlias: below.reservedAlias || (alias?.value.startsWith('__') ?? false),
  }
}

function add(sum: Measure, next: Measure): Measure {
  return {
    depth: Math.max(sum.depth, next.depth),
    aliases: sum.aliases + next.aliases,
    fields: sum.fields + next.fields,
    selections: sum.selections + next.selections,
    directivesAtOnePlace: Math.max(sum.directivesAtOnePlace, next.directivesAtOnePlace),
    rootFields: sum.rootFields + next.rootFields,
    introspects: sum.introspects || next.introspects,
    reservedAlias: sum.reservedAlias || next.reservedAlias,
  }
}
