import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner'
import { isObject, type Json, type JsonObject } from './json.ts'

/** Where something is in the answer: names and list indexes. */
export type Trail = (string | number)[]

/**
 * Visits every object at a path of the plan. With a `trail`, that says where the visited object is; it is only good
 * during the visit, so copy it to keep it.
 */
export type Walk = (data: JsonObject, visit: (object: JsonObject) => void, trail?: Trail) => void

/** The names of all object types that an object of the named type may have. */
export type PossibleTypes = (typeName: string) => ReadonlySet<string>

type Visit = (value: Json | undefined, visit: (object: JsonObject) => void, trail: Trail | undefined) => void

/** Compiles a path of the plan: fields, lists (`@`), and conditions on the type. */
export function compilePath(segments: readonly FlattenNodePathSegment[], possibleTypes: PossibleTypes): Walk {
  return segments.reduceRight<Visit>((next, segment) => {
    if (segment === '@') return each(next)
    return 'Field' in segment ? field(segment.Field, next) : onlyTypes(segment.TypeCondition, possibleTypes, next)
  }, objects)
}

/** The end of a path. A list here, of whatever depth, means its elements. */
const objects: Visit = (value, visit, trail) => {
  if (Array.isArray(value)) eachObject(value, visit, trail)
  else if (isObject(value)) visit(value)
}

function each(next: Visit): Visit {
  return (value, visit, trail) => {
    if (!Array.isArray(value)) return
    for (let index = 0; index < value.length; index += 1) {
      trail?.push(index)
      next(value[index], visit, trail)
      trail?.pop()
    }
  }
}

const eachObject = each(objects)

function field(key: string, next: Visit): Visit {
  return (value, visit, trail) => {
    if (!isObject(value)) return
    trail?.push(key)
    next(value[key], visit, trail)
    trail?.pop()
  }
}

function onlyTypes(typeNames: readonly string[], possibleTypes: PossibleTypes, next: Visit): Visit {
  const allowed = new Set(typeNames.flatMap((name) => [...possibleTypes(name)]))
  return (value, visit, trail) => {
    if (!isObject(value)) return
    // The planner asks for no __typename where every object passes.
    const typename = value['__typename']
    if (typename === undefined || (typeof typename === 'string' && allowed.has(typename))) next(value, visit, trail)
  }
}
