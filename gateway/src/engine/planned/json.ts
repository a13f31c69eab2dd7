/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject

/** A JSON object. */
export interface JsonObject {
  [key: string]: Json
}

/** Whether the value is a JSON object, and neither null nor a list. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Adds everything in `source` to `target`: objects and lists merge element by element, for everything else the source
 * wins. Parts of the source become parts of the target.
 */
export function merge(target: JsonObject, source: JsonObject): void {
  for (const [key, value] of Object.entries(source)) target[key] = merged(target[key], value)
}

function merged(old: Json | undefined, value: Json): Json {
  if (isObject(old) && isObject(value)) {
    merge(old, value)
    return old
  }
  if (Array.isArray(old) && Array.isArray(value)) return value.map((element, index) => merged(old[index], element))
  return value
}
