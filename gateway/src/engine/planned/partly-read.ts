import type { FetchNode, PlanNode } from '@graphql-hive/router-query-planner'
import { getNamedType, isObjectType, parse, type GraphQLObjectType } from 'graphql'
import { below, fieldAlike, selectedBy, type Selected } from './alike.ts'
import { begins, entityFetches, fieldsOf, namesIn } from './entity-fetches.ts'
import type { Json, JsonObject } from './json.ts'
import { afterValue, NOWHERE, Raw } from './raw.ts'
import { collectFields } from './selection.ts'

/**
 * Reads of an answer `{"data":{…}}` what the rest of the plan looks at, and leaves everything else as it was written.
 * Undefined when the text is anything else than what was asked for, in its order and without a space between: then all
 * of it has to be read. What is inside of the fields is taken to be JSON.
 */
export type PartReader = (text: string) => JsonObject | undefined

/**
 * What reads the answers of a plan's fetches of root fields. What the client asks for just as it is sent, and no other
 * fetch looks into, is passed on as it was written: reading a list and writing it again is most of what it costs.
 */
export function partReaders(
  plan: PlanNode,
  root: GraphQLObjectType,
  asked: Selected,
): ReadonlyMap<FetchNode, PartReader> {
  const looks = entityFetches(plan).flatMap(({ parts }) =>
    parts.flatMap(({ paths, requires }) =>
      paths.map((path): Look => ({ path: fieldsOf(path), names: new Set(namesIn(requires)) })),
    ),
  )
  const fetches = rootFetches(plan).filter(({ outputRewrites = [] }) => outputRewrites.length === 0)
  return new Map(
    fetches.map((fetch) => {
      const sent = selectedBy(asked.collector.schema, parse(fetch.operation, { noLocation: true }))
      return [fetch, compileReader(partsOf(root, sent, asked, { path: [], looks }))]
    }),
  )
}

function rootFetches(node: PlanNode): FetchNode[] {
  if (node.kind === 'Fetch') return [node]
  return node.kind === 'Sequence' || node.kind === 'Parallel' ? node.nodes.flatMap(rootFetches) : []
}

/** Where a fetch adds to objects, and what it has to know of them. */
interface Look {
  readonly path: readonly string[]
  readonly names: ReadonlySet<string>
}

/** How one field of an object is read: not at all, whole, or part by part. */
interface Part {
  readonly key: string
  readonly read: 'raw' | 'whole' | readonly Part[]
  /** The only value that it can have. */
  readonly constant?: string
}

/** Where an object is, and who looks where. */
interface Place {
  readonly path: readonly string[]
  readonly looks: readonly Look[]
}

function partsOf(type: GraphQLObjectType, sent: Selected, asked: Selected | undefined, place: Place): Part[] {
  const wanted = asked && collectFields(asked.collector, type, asked.selectionSets)
  return [...collectFields(sent.collector, type, sent.selectionSets)].map(([key, nodes]) => {
    const path = [...place.path, key]
    const inside = below(sent, nodes)
    if (inside.name === '__typename') return { key, read: 'whole', constant: type.name }
    if (isNeeded(key, place)) return { key, read: 'whole' }
    const client = wanted?.get(key)
    if (place.looks.some((look) => begins(look.path, path))) {
      const field = type.getFields()[inside.name]
      const named = field && getNamedType(field.type)
      if (!isObjectType(named)) return { key, read: 'whole' }
      return { key, read: partsOf(named, inside, asked && client && below(asked, client), { ...place, path }) }
    }
    return { key, read: asked && client && fieldAlike(type, below(asked, client), inside) ? 'raw' : 'whole' }
  })
}

/** Whether a fetch that adds to this object, or to one around it, may have to know the field. */
function isNeeded(key: string, { path, looks }: Place): boolean {
  return looks.some((look) => look.names.has(key) && begins(path, look.path))
}

const BEGINNING = '{"data":'

function compileReader(parts: readonly Part[]): PartReader {
  const read = compileObject(parts)
  return (text) => {
    if (!text.startsWith(BEGINNING)) return undefined
    const data: JsonObject = {}
    const end = read(text, BEGINNING.length, data)
    return end === text.length - 1 && text.endsWith('}') ? data : undefined
  }
}

/** Reads what begins here into the object, and answers where it ends. */
type ReadInto = (text: string, begin: number, object: JsonObject) => number

function compileObject(parts: readonly Part[]): ReadInto {
  const fields = parts.map(({ key, read, constant }, index) => {
    const prefix = `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`
    if (constant !== undefined) return { prefix, read: compileConstant(key, constant) }
    return {
      prefix,
      read: typeof read === 'string' ? compileField(key, read) : compileNested(key, compileObject(read)),
    }
  })
  return (text, begin, object) => {
    let at = begin
    for (const { prefix, read } of fields) {
      if (!text.startsWith(prefix, at)) return NOWHERE
      at = read(text, at + prefix.length, object)
      if (at === NOWHERE) return NOWHERE
    }
    return text.charCodeAt(at) === OBJECT_CLOSES ? at + 1 : NOWHERE
  }
}

const QUOTE = 0x22
const COMMA = 0x2c
const LIST_OPENS = 0x5b
const LIST_CLOSES = 0x5d
const OBJECT_OPENS = 0x7b
const OBJECT_CLOSES = 0x7d

function compileField(key: string, read: 'raw' | 'whole'): ReadInto {
  return (text, begin, object) => {
    const end = afterValue(text, begin)
    if (end === NOWHERE) return NOWHERE
    const written = text.slice(begin, end)
    object[key] = read === 'raw' ? new Raw(written) : valueOf(written)
    return end
  }
}

function compileConstant(key: string, value: string): ReadInto {
  const written = JSON.stringify(value)
  return (text, begin, object) => {
    if (!text.startsWith(written, begin)) return NOWHERE
    object[key] = value
    return begin + written.length
  }
}

/** What is read whole is mostly a name or an id, which have nothing to unescape. */
function valueOf(written: string): Json {
  const isPlain = written.charCodeAt(0) === QUOTE && !written.includes('\\')
  return isPlain ? written.slice(1, -1) : (JSON.parse(written) as Json)
}

function compileNested(key: string, readObject: ReadInto): ReadInto {
  let found: Json = null
  const readAny = (text: string, begin: number): number => {
    const first = text.charCodeAt(begin)
    if (first === OBJECT_OPENS) {
      const object: JsonObject = {}
      const end = readObject(text, begin, object)
      found = object
      return end
    }
    if (first !== LIST_OPENS) {
      found = null
      return text.startsWith('null', begin) ? begin + 'null'.length : NOWHERE
    }
    const list: Json[] = []
    let at = begin + 1
    if (text.charCodeAt(at) === LIST_CLOSES) at += 1
    else
      for (;;) {
        at = readAny(text, at)
        if (at === NOWHERE) return NOWHERE
        list.push(found)
        const next = text.charCodeAt(at++)
        if (next === LIST_CLOSES) break
        if (next !== COMMA) return NOWHERE
      }
    found = list
    return at
  }
  return (text, begin, object) => {
    const end = readAny(text, begin)
    object[key] = found
    return end
  }
}
