import type { BatchFetchNode, FetchNode, FlattenNodePathSegment, PlanNode } from '@graphql-hive/router-query-planner'
import { getNamedType, parse, type GraphQLObjectType } from 'graphql'
import { below, fieldAlike, objectsOf, selectedBy, type Selected } from './alike.ts'
import { begins, entityFetches, fieldsOf, namesIn, type EntityFetch, type EntityPart } from './entity-fetches.ts'
import { collectFields } from './selection.ts'
import type { PossibleTypes } from './path.ts'

/**
 * The fetches of a plan whose answers can be put into the client's as they were written: each of their fields is asked
 * just as the client asks it, and no other fetch looks into what they bring. `asked` is what the client's operation
 * selects of the root.
 */
export function verbatimFetches(
  plan: PlanNode,
  root: GraphQLObjectType,
  asked: Selected,
  possibleTypes: PossibleTypes,
): ReadonlySet<FetchNode | BatchFetchNode> {
  const fetches = entityFetches(plan)
  const verbatim = fetches.filter((fetch) => {
    const sent = selectedBy(asked.collector.schema, parse(fetch.node.operation, { noLocation: true }))
    return fetch.parts.every((part) => {
      if (part.isRewritten) return false
      const keys = keysAlike(part, { root, asked, sent, possibleTypes })
      return keys !== undefined && !isLookedInto(part, keys, fetches)
    })
  })
  return new Set(verbatim.map(({ node }) => node))
}

interface Sides {
  readonly root: GraphQLObjectType
  readonly asked: Selected
  readonly sent: Selected
  readonly possibleTypes: PossibleTypes
}

/** The keys that a part adds to its objects; undefined when the client asks for any of them in another way. */
function keysAlike(part: EntityPart, { root, asked, sent, possibleTypes }: Sides): Set<string> | undefined {
  const { schema } = asked.collector
  const query = schema.getQueryType()
  if (!query) return undefined
  // `_entities` is in no schema of ours; its name alone says where the selection is.
  const entities = collectFields(sent.collector, query, sent.selectionSets).get(part.key)
  if (!entities) return undefined
  const sentBelow = below(sent, entities)
  const keys = new Set<string>()
  for (const path of part.paths) {
    for (const { type, selected } of objectsAt(path, [{ type: root, selected: asked }], possibleTypes)) {
      const wanted = collectFields(selected.collector, type, selected.selectionSets)
      for (const [key, nodes] of collectFields(sentBelow.collector, type, sentBelow.selectionSets)) {
        const client = wanted.get(key)
        if (key === '__typename' || !client || !fieldAlike(type, below(selected, client), below(sentBelow, nodes))) {
          return undefined
        }
        keys.add(key)
      }
    }
  }
  return keys
}

interface ObjectAt {
  readonly type: GraphQLObjectType
  readonly selected: Selected
}

/** The object types at a path of the plan, each with what the client selects of it. */
function objectsAt(
  path: readonly FlattenNodePathSegment[],
  objects: readonly ObjectAt[],
  possibleTypes: PossibleTypes,
): readonly ObjectAt[] {
  return path.reduce<readonly ObjectAt[]>((at, segment) => {
    if (segment === '@') return at
    if ('Field' in segment) return at.flatMap((object) => objectsBelow(object, segment.Field))
    const allowed = new Set(segment.TypeCondition.flatMap((name) => [...possibleTypes(name)]))
    return at.filter(({ type }) => allowed.has(type.name))
  }, objects)
}

function objectsBelow({ type, selected }: ObjectAt, key: string): ObjectAt[] {
  const nodes = collectFields(selected.collector, type, selected.selectionSets).get(key)
  const field = nodes && type.getFields()[nodes[0]?.name.value ?? '']
  if (!field) return []
  const inside = below(selected, nodes)
  return objectsOf(selected.collector.schema, getNamedType(field.type)).map((possible) => ({
    type: possible,
    selected: inside,
  }))
}

/** Whether any fetch goes through these keys of the part's objects, or may need one of them to identify an object. */
function isLookedInto(part: EntityPart, keys: ReadonlySet<string>, fetches: readonly EntityFetch[]): boolean {
  const here = part.paths.map(fieldsOf)
  return fetches.some(({ parts }) =>
    parts.some(({ paths, requires }) => {
      const needsThem = namesIn(requires).some((name) => keys.has(name))
      return paths.map(fieldsOf).some((there) =>
        here.some((path) => {
          if (begins(there, path)) return there.length === path.length ? needsThem : keys.has(there[path.length] ?? '')
          return needsThem && begins(path, there)
        }),
      )
    }),
  )
}
