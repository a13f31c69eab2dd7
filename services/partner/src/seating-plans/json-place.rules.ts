/** Where a text stops being JSON, counted from 1; undefined when it is JSON. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

const SPACE = /[ \t\n\r]*/y
// Of a string, everything from the space on but the quote and the backslash.
const TOKEN =
  /[{}[\],:]|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** What may come next: a value, or what closes or goes on where we are. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'next' | 'end'

/**
 * Where the text stops being JSON. `JSON.parse` says so for some mistakes only, and somebody with a plan of ten thousand
 * lines has to find it.
 */
export function placeOfJsonError(text: string): TextPlace | undefined {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  let at = 0
  for (;;) {
    SPACE.lastIndex = at
    at += SPACE.exec(text)?.[0].length ?? 0
    if (at === text.length) return expected === 'end' ? undefined : placeOf(text, at)
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)?.[0]
    const next: Expected | undefined = token ? after(token, expected, open) : undefined
    if (!token || !next) return placeOf(text, at)
    expected = next
    at += token.length
  }
}

/** What is expected after this token; undefined when it is not what was expected before. */
function after(token: string, expected: Expected, open: ('{' | '[')[]): Expected | undefined {
  const inside = open.at(-1)
  const isValueExpected = expected === 'value' || expected === 'value or ]'
  switch (token) {
    case '{':
    case '[':
      if (!isValueExpected) return undefined
      open.push(token)
      return token === '{' ? 'key or }' : 'value or ]'
    case '}':
      if (inside !== '{' || (expected !== 'next' && expected !== 'key or }')) return undefined
      open.pop()
      return open.length > 0 ? 'next' : 'end'
    case ']':
      if (inside !== '[' || (expected !== 'next' && expected !== 'value or ]')) return undefined
      open.pop()
      return open.length > 0 ? 'next' : 'end'
    case ':':
      return expected === ':' ? 'value' : undefined
    case ',':
      if (expected !== 'next') return undefined
      return inside === '{' ? 'key' : 'value'
    default:
      if (expected === 'key' || expected === 'key or }') return token.startsWith('"') ? ':' : undefined
      if (!isValueExpected) return undefined
      return open.length > 0 ? 'next' : 'end'
  }
}

function placeOf(text: string, at: number): TextPlace {
  const before = text.slice(0, at)
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}
