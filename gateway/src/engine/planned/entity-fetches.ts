import type {
  BatchFetchNode,
  FetchNode,
  FlattenNodePathSegment,
  PlanNode,
  RequiresSelection,
} from '@graphql-hive/router-query-planner'

/** A fetch that adds to objects, with everything that it adds to. */
export interface EntityFetch {
  readonly node: FetchNode | BatchFetchNode
  readonly parts: readonly EntityPart[]
}

/** What it adds to one kind of object. */
export interface EntityPart {
  /** The field of the subgraph's answer. */
  readonly key: string
  readonly paths: readonly (readonly FlattenNodePathSegment[])[]
  readonly requires: readonly RequiresSelection[]
  readonly isRewritten: boolean
}

/** The fetches of a plan that add to objects. */
export function entityFetches(node: PlanNode): EntityFetch[] {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap(entityFetches)
    case 'Flatten': {
      if (node.node.kind !== 'Fetch') return entityFetches(node.node)
      const { requires = [], outputRewrites = [] } = node.node
      const isRewritten = outputRewrites.length > 0
      return [{ node: node.node, parts: [{ key: '_entities', paths: [node.path], requires, isRewritten }] }]
    }
    case 'BatchFetch': {
      const parts = node.entityBatch.aliases.map(({ alias, paths, requires, outputRewrites = [] }) => ({
        key: alias,
        paths,
        requires,
        isRewritten: outputRewrites.length > 0,
      }))
      return [{ node, parts }]
    }
    case 'Condition':
      return [node.ifClause, node.elseClause].flatMap((clause) => (clause ? entityFetches(clause) : []))
    default:
      return []
  }
}

/** The fields on a path, without lists and conditions. */
export const fieldsOf = (path: readonly FlattenNodePathSegment[]) =>
  path.flatMap((segment) => (typeof segment === 'object' && 'Field' in segment ? [segment.Field] : []))

/** Whether the path begins with the other, or is it. */
export const begins = (path: readonly string[], beginning: readonly string[]) =>
  beginning.every((key, index) => path[index] === key)

/** Every name that is required, at whatever depth. */
export function namesIn(selections: readonly RequiresSelection[]): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === 'FragmentSpread') return []
    const own = selection.kind === 'Field' ? [selection.name, selection.alias ?? selection.name] : []
    return [...own, ...namesIn(selection.selections ?? [])]
  })
}
