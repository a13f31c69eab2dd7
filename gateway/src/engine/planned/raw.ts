/** A value of a subgraph's answer as it was written, which nobody has read. */
export class Raw {
  /** JSON. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** The fields of an object that nobody has read, or null. */
export type RawObject = readonly (readonly [key: string, value: Raw])[] | null

/** Lists of objects, each by the key that it has in the answer. */
export type RawLists = Map<string, readonly RawObject[]>

/**
 * The lists of objects in an answer `{"data":{"<key>":[{…},null,…],…}}`, with every field as it was written. Undefined
 * when the text is anything else, has a space somewhere between, or is cut short: then it has to be read. What is inside
 * of the fields is taken to be JSON.
 */
export function rawLists(text: string): RawLists | undefined {
  if (!text.startsWith(BEGINNING)) return undefined
  const lists: RawLists = new Map()
  let at = BEGINNING.length
  do {
    const begin = afterKey(text, at)
    if (begin === NOWHERE || text.charCodeAt(begin) !== LIST_OPENS) return undefined
    const list: RawObject[] = []
    const end = readList(text, begin, list)
    if (end === NOWHERE) return undefined
    lists.set(text.slice(at + 1, begin - 2), list)
    at = end + 1
  } while (text.charCodeAt(at - 1) === COMMA)
  return at === text.length - 1 && text.endsWith('}}') ? lists : undefined
}

const BEGINNING = '{"data":{'
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const LIST_OPENS = 0x5b
const LIST_CLOSES = 0x5d
const OBJECT_OPENS = 0x7b
const OBJECT_CLOSES = 0x7d

/** Where nothing is: the text is not what it should be. */
export const NOWHERE = -1

/** Reads the list that begins here, and answers where it ends. */
function readList(text: string, begin: number, list: RawObject[]): number {
  const keys: Key[] = []
  let at = begin + 1
  if (text.charCodeAt(at) === LIST_CLOSES) return at + 1
  for (;;) {
    if (text.startsWith('null', at)) {
      list.push(null)
      at += 4
    } else {
      const object: [string, Raw][] = []
      at = readObject(text, at, object, keys)
      if (at === NOWHERE) return NOWHERE
      list.push(object)
    }
    const next = text.charCodeAt(at++)
    if (next === LIST_CLOSES) return at
    if (next !== COMMA) return NOWHERE
  }
}

/** A key of the object before, which is most probably one of the next. */
interface Key {
  readonly name: string
  /** As it is written. */
  readonly text: string
}

function readObject(text: string, begin: number, object: [string, Raw][], keys: Key[]): number {
  if (text.charCodeAt(begin) !== OBJECT_OPENS) return NOWHERE
  let at = begin + 1
  if (text.charCodeAt(at) === OBJECT_CLOSES) return at + 1
  for (let index = 0; ; index += 1) {
    let key = keys[index]
    if (key === undefined || !text.startsWith(key.text, at)) {
      const value = afterKey(text, at)
      if (value === NOWHERE) return NOWHERE
      key = { name: text.slice(at + 1, value - 2), text: text.slice(at, value) }
      keys[index] = key
    }
    const value = at + key.text.length
    const end = afterValue(text, value)
    if (end === NOWHERE) return NOWHERE
    object.push([key.name, new Raw(text.slice(value, end))])
    const next = text.charCodeAt(end)
    at = end + 1
    if (next === OBJECT_CLOSES) return at
    if (next !== COMMA) return NOWHERE
  }
}

/** Where the value of the key begins that begins here. No name of GraphQL has anything to escape. */
function afterKey(text: string, begin: number): number {
  if (text.charCodeAt(begin) !== QUOTE) return NOWHERE
  const end = text.indexOf('"', begin + 1)
  return end !== NOWHERE && text.charCodeAt(end + 1) === COLON ? end + 2 : NOWHERE
}

/** Where the value ends that begins here; `NOWHERE` when the text ends before. */
export function afterValue(text: string, begin: number): number {
  const first = text.charCodeAt(begin)
  if (first === QUOTE) return afterString(text, begin)
  let depth = 0
  for (let at = begin; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = afterString(text, at) - 1
      if (at < begin) return NOWHERE
    } else if (code === OBJECT_OPENS || code === LIST_OPENS) depth += 1
    else if (code === OBJECT_CLOSES || code === LIST_CLOSES) {
      if (depth === 0) return at === begin ? NOWHERE : at
      depth -= 1
      if (depth === 0) return at + 1
    } else if (code === COMMA && depth === 0) return at === begin ? NOWHERE : at
  }
  return NOWHERE
}

function afterString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code === BACKSLASH) at += 1
  }
  return NOWHERE
}
