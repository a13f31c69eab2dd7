import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner'
import { isObject, type Json, type JsonObject } from './json.ts'

/** Where something is in the answer: names and list indexes. */
export type Trail = (string | number)[]

/** Visits every object at a path of the plan. The trail is only good during the visit; copy it to keep it. */
export type Walk = (data: JsonObject, visit: (object: JsonObject, trail: Trail) => void) => void

/** The names of all object types that an object of the named type may have. */
export type PossibleTypes = (typeName: string) => ReadonlySet<string>

type Visit = (value: Json | undefined, trail: Trail, visit: (object: JsonObject, trail: Trail) => void) => void

/** Compiles a path of the plan: fields, lists (`@`), and conditions on the type. */
export function compilePath(segments: readonly FlattenNodePathSegment[], possibleTypes: PossibleTypes): Walk {
  const walk = segments.reduceRight<Visit>((next, segment) => {
    if (segment === '@') return each(next)
    return 'Field' in segment ? field(segment.Field, next) : onlyTypes(segment.TypeCondition, possibleTypes, next)
  }, objects)
  return (data, visit) => walk(data, [], visit)
}

/** The end of a path. A list here, of whatever depth, means its elements. */
const objects: Visit = (value, trail, visit) => {
  if (Array.isArray(value)) each(objects)(value, trail, visit)
  else if (isObject(value)) visit(value, trail)
}

function each(next: Visit): Visit {
  return (value, trail, visit) => {
    if (!Array.isArray(value)) return
    for (const [index, element] of value.entries()) {
      trail.push(index)
      next(element, trail, visit)
      trail.pop()
    }
  }
}

function field(key: string, next: Visit): Visit {
  return (value, trail, visit) => {
    if (!isObject(value)) return
    trail.push(key)
    next(value[key], trail, visit)
    trail.pop()
  }
}

function onlyTypes(typeNames: readonly string[], possibleTypes: PossibleTypes, next: Visit): Visit {
  const allowed = new Set(typeNames.flatMap((name) => [...possibleTypes(name)]))
  return (value, trail, visit) => {
    if (!isObject(value)) return
    // The planner asks for no __typename where every object passes.
    const typename = value['__typename']
    if (typename === undefined || (typeof typename === 'string' && allowed.has(typename))) next(value, trail, visit)
  }
}
