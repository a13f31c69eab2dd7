import {
  Kind,
  parse,
  valueFromASTUntyped,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Knowledge, Thing } from './world.ts'

/** What a subgraph is asked. */
export interface Asked {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
}

/**
 * Answers a query of the operations of this bench from what a stand-in knows, and throws at anything else. It validates
 * nothing and knows no schema: the less a stand-in does, the more of what is measured is the gateway.
 */
export function execute({ queries, entities }: Knowledge, { query, variables = {} }: Asked): object {
  const { definitions } = parse(query, { noLocation: true })
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const each of definitions) if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each)
  const operation = definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
  if (!operation) throw new Error('There is no operation.')

  const collect = (
    { selections }: SelectionSetNode,
    typeName: string,
    fields = new Map<string, [FieldNode, ...FieldNode[]]>(),
  ) => {
    for (const selection of selections) {
      if (selection.directives?.length) throw new Error('A stand-in knows no directives.')
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value
        const same = fields.get(key)
        if (same) same.push(selection)
        else fields.set(key, [selection])
        continue
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      if (!fragment) throw new Error('There is no such fragment.')
      const condition = fragment.typeCondition?.name.value
      if (condition === undefined || condition === typeName) collect(fragment.selectionSet, typeName, fields)
    }
    return fields
  }

  const complete = (value: unknown, nodes: readonly FieldNode[]): unknown => {
    if (Array.isArray(value)) return value.map((item) => complete(item, nodes))
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    return sets.length > 0 && isThing(value) ? select(value, sets) : value
  }

  const select = (thing: Thing, sets: readonly SelectionSetNode[]) => {
    const fields = new Map<string, [FieldNode, ...FieldNode[]]>()
    for (const set of sets) collect(set, thing.__typename, fields)
    const answer: Record<string, unknown> = {}
    for (const [key, nodes] of fields) {
      const value = thing[nodes[0].name.value]
      if (value === undefined) throw new Error(`A ${thing.__typename} has no ${nodes[0].name.value} here.`)
      answer[key] = complete(value, nodes)
    }
    return answer
  }

  const resolve = (node: FieldNode) => {
    const name = node.name.value
    const args = Object.fromEntries(
      (node.arguments ?? []).map((argument) => [argument.name.value, valueFromASTUntyped(argument.value, variables)]),
    )
    if (name === '__typename') return 'Query'
    if (name === '_entities') return (args['representations'] as Thing[]).map(find)
    const found = queries[name]
    if (!found) throw new Error(`There is no query ${name} here.`)
    return found(args)
  }

  const find = ({ __typename, id }: Thing) => {
    const found = entities[__typename]
    if (!found) throw new Error(`There is no ${__typename} here.`)
    return found(String(id))
  }

  const data: Record<string, unknown> = {}
  for (const [key, nodes] of collect(operation.selectionSet, 'Query')) data[key] = complete(resolve(nodes[0]), nodes)
  return { data }
}

function isThing(value: unknown): value is Thing {
  return typeof value === 'object' && value !== null
}
