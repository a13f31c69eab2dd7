import type { RequiresSelection } from '@graphql-hive/router-query-planner'
import { isObject, quoted, type Json, type JsonObject } from './json.ts'
import type { PossibleTypes } from './path.ts'
import type { Run } from './run.ts'

/** Writes what identifies an object to a subgraph as JSON; undefined when the object has not got it. */
export type Represent = (object: JsonObject, variables: Run['variables']) => string | undefined

/**
 * The key by which a subgraph knows an object, where that is one text and all objects are of one type: equal keys mean
 * equal representations. Undefined for an object that has to be represented to tell.
 */
export type Identify = (object: JsonObject) => string | undefined

/** Compiles what a fetch requires of an object: its key, and the fields that `@requires` names. */
export function compileRepresentation(requires: readonly RequiresSelection[], possibleTypes: PossibleTypes): Represent {
  return compileKeys(requires, possibleTypes) ?? compileAny(requires, possibleTypes)
}

/** Compiles what tells such objects from each other. */
export function compileIdentity(requires: readonly RequiresSelection[], possibleTypes: PossibleTypes): Identify {
  const [fragment, ...others] = requires
  if (fragment?.kind !== 'InlineFragment' || others.length > 0) return unknown
  const names = fragment.selections.flatMap((selection) =>
    selection.kind === 'Field' && !selection.selections?.length ? [selection.alias ?? selection.name] : [],
  )
  const [key, ...more] = names.filter((name) => name !== '__typename')
  const [typename, ...types] = possibleTypes(fragment.typeCondition)
  const isOneKeyOfOneType = names.length === 2 && fragment.selections.length === 2 && more.length + types.length === 0
  if (key === undefined || !isOneKeyOfOneType) return unknown
  if (fragment.skipIf !== undefined || fragment.includeIf !== undefined) return unknown
  return (object) => {
    const value = object[key]
    return typeof value === 'string' && object['__typename'] === typename ? value : undefined
  }
}

const unknown: Identify = () => undefined

/**
 * What nearly all entities are identified by: fields without selections, and no type that two fragments are about.
 * Undefined for everything else.
 */
function compileKeys(requires: readonly RequiresSelection[], possibleTypes: PossibleTypes): Represent | undefined {
  const byType = new Map<string, readonly Key[]>()
  for (const fragment of requires) {
    if (fragment.kind !== 'InlineFragment' || fragment.skipIf !== undefined || fragment.includeIf !== undefined) {
      return undefined
    }
    const keys = fragment.selections.flatMap((selection, index) =>
      selection.kind === 'Field' && !selection.selections?.length ? [keyOf(selection, index)] : [],
    )
    if (keys.length === 0 || keys.length < fragment.selections.length) return undefined
    for (const type of possibleTypes(fragment.typeCondition)) {
      if (byType.has(type)) return undefined
      byType.set(type, keys)
    }
  }
  return (object) => {
    const typename = object['__typename']
    const keys = typeof typename === 'string' ? byType.get(typename) : undefined
    return keys && writeKeys(keys, object)
  }
}

/** One field: where it is in the object, and what comes before it in the text. */
interface Key {
  readonly key: string
  readonly prefix: string
}

function keyOf({ name, alias = name }: { name: string; alias?: string }, index: number): Key {
  return { key: alias, prefix: `${index === 0 ? '{' : ','}${JSON.stringify(name)}:` }
}

function writeKeys(keys: readonly Key[], object: JsonObject): string | undefined {
  let text = ''
  for (const { key, prefix } of keys) {
    const value = object[key]
    if (value === undefined) return undefined
    text += prefix + (typeof value === 'string' ? quoted(value) : JSON.stringify(value))
  }
  return `${text}}`
}

function compileAny(requires: readonly RequiresSelection[], possibleTypes: PossibleTypes): Represent {
  const select = compileSelections(requires, possibleTypes)
  return (object, variables) => {
    const fields = new Map<string, string>()
    const matched = select(object, variables, fields)
    return matched && fields.size > 0 ? objectText(fields) : undefined
  }
}

/** Adds the text of each selected field; false when one of them is missing. */
type Select = (object: JsonObject, variables: Run['variables'], fields: Map<string, string>) => boolean

function compileSelections(selections: readonly RequiresSelection[], possibleTypes: PossibleTypes): Select {
  const parts = selections.map((selection): Select => {
    if (selection.kind === 'FragmentSpread')
      throw new Error('a plan requires a named fragment, which nothing here can read')
    if (selection.kind === 'InlineFragment') {
      const { skipIf, includeIf } = selection
      const types = possibleTypes(selection.typeCondition)
      const select = compileSelections(selection.selections, possibleTypes)
      return (object, variables, fields) => {
        if (skipIf !== undefined && variables[skipIf] === true) return true
        if (includeIf !== undefined && variables[includeIf] !== true) return true
        const typename = object['__typename']
        return typeof typename === 'string' && types.has(typename) ? select(object, variables, fields) : true
      }
    }
    const { name, alias = name, selections: below } = selection
    const write =
      below && below.length > 0 ? compileNested(below, possibleTypes) : (value: Json) => JSON.stringify(value)
    return (object, variables, fields) => {
      const value = object[alias]
      if (value === undefined) return false
      const text = write(value, variables)
      if (text === undefined) return false
      fields.set(name, text)
      return true
    }
  })
  return (object, variables, fields) => parts.every((part) => part(object, variables, fields))
}

function compileNested(selections: readonly RequiresSelection[], possibleTypes: PossibleTypes) {
  const select = compileSelections(selections, possibleTypes)
  const write = (value: Json, variables: Run['variables']): string | undefined => {
    if (Array.isArray(value)) {
      const elements = value.map((element) => write(element, variables))
      return elements.includes(undefined) ? undefined : `[${elements.join(',')}]`
    }
    if (!isObject(value)) return JSON.stringify(value)
    const fields = new Map<string, string>()
    return select(value, variables, fields) ? objectText(fields) : undefined
  }
  return write
}

function objectText(fields: ReadonlyMap<string, string>): string {
  return `{${[...fields].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
}
