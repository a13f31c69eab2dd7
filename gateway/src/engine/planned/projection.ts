import {
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  type FieldNode,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type SelectionSetNode,
} from 'graphql'
import type { Aliases } from '../engine.ts'
import { isObject, quoted, type Json, type JsonObject } from './json.ts'
import { Raw } from './raw.ts'
import { collectFields, type Collector } from './selection.ts'

/** Writes the client's answer from the merged answers of subgraphs, with the keys that `aliases` has instead. */
export type Projection = (data: JsonObject, aliases?: Aliases) => string

/** Writes a value of the answer as JSON; undefined is a null that its parent has to be instead. */
type Write = (value: Json | undefined, aliases: Aliases | undefined) => string | undefined

/**
 * Compiles what turns the merged answers of subgraphs into the client's answer, as JSON text: exactly what was
 * selected, in its order, with a null wherever something that may not be null is missing below.
 */
export function compileProjection(
  collector: Collector,
  root: GraphQLObjectType,
  selectionSet: SelectionSetNode,
): Projection {
  const write = compileObject(collector, root, [selectionSet])
  return (data, aliases) => write(data, aliases) ?? 'null'
}

function compileType(collector: Collector, type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
  if (isNonNullType(type)) return compileNullable(collector, type.ofType, nodes)
  const write = compileNullable(collector, type, nodes)
  return (value, aliases) => write(value, aliases) ?? 'null'
}

/** What writes a value of the type that is not null; undefined for all others. */
function compileNullable(collector: Collector, type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
  if (isListType(type)) return compileList(compileType(collector, type.ofType, nodes))
  if (isNonNullType(type)) return compileNullable(collector, type.ofType, nodes)
  return compileNamed(collector, type, nodes)
}

function compileList(write: Write): Write {
  return (value, aliases) => {
    if (!Array.isArray(value)) return undefined
    let text = ''
    for (const element of value) {
      const part = write(element, aliases)
      if (part === undefined) return undefined
      text += text === '' ? part : `,${part}`
    }
    return `[${text}]`
  }
}

function compileNamed(collector: Collector, type: GraphQLNamedOutputType, nodes: readonly FieldNode[]): Write {
  if (isEnumType(type)) {
    const names = new Set(type.getValues().map(({ name }) => name))
    return (value) => (typeof value === 'string' && names.has(value) ? `"${value}"` : undefined)
  }
  if (isScalarType(type)) return isSpecifiedScalarType(type) ? writeSpecified(type.name) : writeAny
  const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  return isObjectType(type)
    ? compileObject(collector, type, selectionSets)
    : compileAbstract(collector, collector.schema.getPossibleTypes(type), selectionSets)
}

const writeAny: Write = (value) => {
  if (typeof value === 'string') return quoted(value)
  return value === undefined || value === null ? undefined : JSON.stringify(value)
}

/** The five scalars of the specification. A value that is none of theirs counts as missing. */
function writeSpecified(name: string): Write {
  if (name === 'Boolean') return (value) => (typeof value === 'boolean' ? String(value) : undefined)
  // In 32 bits, what `| 0` does to a number is nothing.
  if (name === 'Int') return (value) => (typeof value === 'number' && (value | 0) === value ? String(value) : undefined)
  if (name === 'Float') {
    // JSON's 1e999 is read as infinity, which cannot be written.
    return (value) => (typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined)
  }
  return (value) => {
    if (typeof value === 'number' && name === 'ID' && Number.isInteger(value)) return `"${value}"`
    return typeof value === 'string' ? quoted(value) : undefined
  }
}

function compileAbstract(
  collector: Collector,
  types: readonly GraphQLObjectType[],
  selectionSets: readonly SelectionSetNode[],
): Write {
  const writes = new Map<string, Write>()
  let typenames: readonly string[] | undefined
  return (value, aliases) => {
    if (!isObject(value)) return undefined
    let typename = value['__typename']
    if (typename === undefined) {
      typenames ??= typenameKeys(collector, types, selectionSets)
      typename = typenames.map((key) => value[key]).find((name) => name !== undefined)
    }
    // The planner asks for no __typename where every type has the same fields.
    const type = typename === undefined ? types[0] : types.find(({ name }) => name === typename)
    if (!type) return undefined
    // Of the many types that an interface may have, few come up.
    const write = writes.get(type.name) ?? compileObject(collector, type, selectionSets)
    writes.set(type.name, write)
    return write(value, aliases)
  }
}

/** The keys by which an object tells its type, whichever of the types it has. */
function typenameKeys(
  collector: Collector,
  types: readonly GraphQLObjectType[],
  selectionSets: readonly SelectionSetNode[],
): string[] {
  const ofEach = types.map((type) => {
    const fields = [...collectFields(collector, type, selectionSets)]
    return fields.flatMap(([key, [node]]) => (node?.name.value === '__typename' ? [key] : []))
  })
  const [first = [], ...rest] = ofEach
  return first.filter((key) => rest.every((keys) => keys.includes(key)))
}

/** One field of an object: its key with what comes before it, and how its value is written. */
interface Field {
  readonly key: string
  readonly prefix: string
  readonly write: Write
}

function compileObject(
  collector: Collector,
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
): Write {
  const fields = [...collectFields(collector, type, selectionSets)].map(([key, nodes], index): Field => {
    const prefix = `${index === 0 ? '' : ','}${JSON.stringify(key)}:`
    return { key, prefix, write: compileField(collector, type, nodes) }
  })
  return (value, aliases) => {
    if (!isObject(value)) return undefined
    let text = '{'
    for (const { key, prefix, write } of fields) {
      const field = value[key]
      const part = field instanceof Raw ? field.text : write(field, aliases)
      if (part === undefined) return undefined
      text += aliases?.has(key) ? `${text === '{' ? '' : ','}"${aliases.get(key)}":` : prefix
      text += part
    }
    return `${text}}`
  }
}

function compileField(collector: Collector, type: GraphQLObjectType, nodes: readonly FieldNode[]): Write {
  const name = nodes[0]?.name.value ?? ''
  if (name === '__typename') return () => `"${type.name}"`
  const definition = type.getFields()[name]
  // What is asked about the schema itself is answered whole, by graphql-js.
  if (!definition) return (value) => JSON.stringify(value ?? null)
  return compileType(collector, definition.type, nodes)
}
