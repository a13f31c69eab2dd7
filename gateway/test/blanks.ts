import { subgraphSdl } from '@tikitu/schema/sdl'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import { Kind, parse, type TypeNode } from 'graphql'
import { resolvers } from './resolvers.ts'

const ROOTS = new Set(['Query', 'Mutation', 'Subscription'])

/** What a field holds that the fixtures do not speak of, by its type. */
const BLANKS: Readonly<Record<string, unknown>> = {
  String: '',
  ID: 'nothing',
  Int: 0,
  SafeInt: 0,
  Boolean: false,
  DateTime: new Date(0),
  Money: { amount: 0, currency: 'EUR' },
}

/**
 * Gives the fixtures something for each field that may not be null and that they do not speak of, so that the graph can
 * grow without them. A null of theirs stays one.
 */
export function fillBlanks(): void {
  for (const service of SERVICE_NAMES) {
    const types = resolvers[service] as Record<string, Record<string, unknown>>
    for (const definition of parse(subgraphSdl(service)).definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || ROOTS.has(definition.name.value)) continue
      for (const { name, type } of definition.fields ?? []) {
        const blank = blankOf(type)
        if (blank === undefined || types[definition.name.value]?.[name.value]) continue
        const resolve = (row: Record<string, unknown>) => (row[name.value] === undefined ? blank : row[name.value])
        types[definition.name.value] = { ...types[definition.name.value], [name.value]: resolve }
      }
    }
  }
}

function blankOf(type: TypeNode): unknown {
  if (type.kind !== Kind.NON_NULL_TYPE) return undefined
  if (type.type.kind === Kind.LIST_TYPE) return []
  return type.type.kind === Kind.NAMED_TYPE ? BLANKS[type.type.name.value] : undefined
}
