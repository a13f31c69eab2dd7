import type { FetchNodePathSegment, KeyRenamer, OutputRewrite, ValueSetter } from '@graphql-hive/router-query-planner'
import { isObject, type Json } from './json.ts'

/** Changes what a subgraph answered into what the plan wants, in place. */
export type Rewrite = (data: Json) => void

/** Compiles the rewrites of a fetch: keys that the planner renamed because two fragments use them differently. */
export function compileRewrites(rewrites: readonly OutputRewrite[] = []): Rewrite {
  const parts = rewrites.map((rewrite): Rewrite => {
    if ('KeyRenamer' in rewrite) return rename(rewrite.KeyRenamer)
    return set('ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite)
  })
  return (data) => {
    for (const part of parts) part(data)
  }
}

function rename({ path, renameKeyTo }: KeyRenamer): Rewrite {
  return at(path, (object, key) => {
    const value = object[key]
    if (value === undefined) return
    object[renameKeyTo] = value
    delete object[key]
  })
}

function set({ path, setValueTo }: ValueSetter): Rewrite {
  return at(path, (object, key) => {
    object[key] = setValueTo
  })
}

/** Calls `change` with every object that has the last key of the path, and that key. */
function at(
  path: readonly FetchNodePathSegment[],
  change: (object: Record<string, Json>, key: string) => void,
): Rewrite {
  const [segment, ...rest] = path
  if (!segment) return () => {}
  const below = at(rest, change)
  return function apply(data) {
    if (Array.isArray(data)) {
      for (const element of data) apply(element)
      return
    }
    if (!isObject(data)) return
    if ('TypenameEquals' in segment) {
      const typename = data['__typename']
      if (typename === undefined || segment.TypenameEquals.some((name) => name === typename)) below(data)
    } else if (rest.length === 0) change(data, segment.Key)
    else below(data[segment.Key] ?? null)
  }
}
