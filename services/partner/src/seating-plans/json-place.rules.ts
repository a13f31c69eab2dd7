/** A place in a text, counted from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

/** Where a text stops being JSON, or is more of it than we read. */
export interface JsonProblem {
  readonly place: TextPlace
  readonly what: 'not JSON' | 'too deep' | 'too many values'
}

/** Objects and lists in each other, at most. A plan has eight; of millions, each would have to be remembered. */
export const LEVELS_MAX = 100

/** Values at most, objects and lists among them and names not: twenty for each seat of the largest plan. */
export const VALUES_MAX = 2_000_000

/** What may come next: a value, or what closes or goes on where we are. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'next' | 'end'

/**
 * Where the text stops being JSON; undefined when it is JSON. `JSON.parse` says so for some mistakes only, and somebody with
 * a plan of ten thousand lines has to find it. Character by character, because a pattern remembers each of them in case it
 * has to go back, and has no room for millions.
 */
export function problemOfJson(text: string): JsonProblem | undefined {
  const open: number[] = []
  let expected: Expected = 'value'
  let values = 0
  let at = afterSpace(text, 0)
  while (at < text.length) {
    const first = text.charCodeAt(at)
    const end = afterToken(text, at)
    const next: Expected | undefined = end === NOWHERE ? undefined : after(first, expected, open)
    if (next === undefined) return { place: placeOf(text, at), what: 'not JSON' }
    if (open.length > LEVELS_MAX) return { place: placeOf(text, at), what: 'too deep' }
    if (isValueExpected(expected) && first !== LIST_CLOSES) values += 1
    if (values > VALUES_MAX) return { place: placeOf(text, at), what: 'too many values' }
    expected = next
    at = afterSpace(text, end)
  }
  return expected === 'end' ? undefined : { place: placeOf(text, at), what: 'not JSON' }
}

const codeOf = (character: string) => character.charCodeAt(0)
const [SPACE, QUOTE, BACKSLASH, MINUS, POINT] = [codeOf(' '), codeOf('"'), codeOf('\\'), codeOf('-'), codeOf('.')]
const [OBJECT_OPENS, OBJECT_CLOSES, LIST_OPENS, LIST_CLOSES] = [codeOf('{'), codeOf('}'), codeOf('['), codeOf(']')]
const [COLON, COMMA, ZERO, NINE] = [codeOf(':'), codeOf(','), codeOf('0'), codeOf('9')]
const [TAB, NEW_LINE, RETURN] = [codeOf('\t'), codeOf('\n'), codeOf('\r')]

/** There is no such token here. */
const NOWHERE = -1

const isValueExpected = (expected: Expected) => expected === 'value' || expected === 'value or ]'

/** What is expected after the token that begins so; undefined when it is not what was expected before. */
function after(first: number, expected: Expected, open: number[]): Expected | undefined {
  const inside = open.at(-1)
  switch (first) {
    case OBJECT_OPENS:
    case LIST_OPENS:
      if (!isValueExpected(expected)) return undefined
      open.push(first)
      return first === OBJECT_OPENS ? 'key or }' : 'value or ]'
    case OBJECT_CLOSES:
      if (inside !== OBJECT_OPENS || (expected !== 'next' && expected !== 'key or }')) return undefined
      open.pop()
      return open.length > 0 ? 'next' : 'end'
    case LIST_CLOSES:
      if (inside !== LIST_OPENS || (expected !== 'next' && expected !== 'value or ]')) return undefined
      open.pop()
      return open.length > 0 ? 'next' : 'end'
    case COLON:
      return expected === ':' ? 'value' : undefined
    case COMMA:
      if (expected !== 'next') return undefined
      return inside === OBJECT_OPENS ? 'key' : 'value'
    default:
      if (expected === 'key' || expected === 'key or }') return first === QUOTE ? ':' : undefined
      if (!isValueExpected(expected)) return undefined
      return open.length > 0 ? 'next' : 'end'
  }
}

function afterSpace(text: string, begin: number): number {
  let at = begin
  for (;;) {
    const code = text.charCodeAt(at)
    if (code !== SPACE && code !== NEW_LINE && code !== TAB && code !== RETURN) return at
    at += 1
  }
}

/** Where the token ends that begins here. */
function afterToken(text: string, begin: number): number {
  const first = text.charCodeAt(begin)
  if (first === QUOTE) return afterString(text, begin)
  if (first === MINUS || isDigit(first)) return afterNumber(text, begin)
  if ('{}[]:,'.includes(text.charAt(begin))) return begin + 1
  const word = WORDS.find((each) => text.startsWith(each, begin))
  return word ? begin + word.length : NOWHERE
}

const WORDS = ['true', 'false', 'null']

function afterString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code < SPACE) return NOWHERE
    if (code !== BACKSLASH) continue
    at += 1
    if (text.charAt(at) === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) at += 4
    else if (at === text.length || !'"\\/bfnrt'.includes(text.charAt(at))) return NOWHERE
  }
  return NOWHERE
}

function afterNumber(text: string, begin: number): number {
  const whole = text.charCodeAt(begin) === MINUS ? begin + 1 : begin
  // Nothing follows a zero that begins a number, not even a digit: that is another token.
  let end = text.charCodeAt(whole) === ZERO ? whole + 1 : afterDigits(text, whole)
  if (end === NOWHERE) return NOWHERE
  if (text.charCodeAt(end) === POINT) end = atLeast(end, afterDigits(text, end + 1))
  if (/[eE]/.test(text.charAt(end))) {
    const digits = /[+-]/.test(text.charAt(end + 1)) ? end + 2 : end + 1
    end = atLeast(end, afterDigits(text, digits))
  }
  return end
}

/** A point or an exponent without digits is not part of the number. */
const atLeast = (end: number, further: number) => (further === NOWHERE ? end : further)

/** Where the digits end that begin here; nowhere when there is none. */
function afterDigits(text: string, begin: number): number {
  let at = begin
  while (isDigit(text.charCodeAt(at))) at += 1
  return at > begin ? at : NOWHERE
}

const isDigit = (code: number) => code >= ZERO && code <= NINE

function placeOf(text: string, at: number): TextPlace {
  let line = 1
  let begin = 0
  for (let index = 0; index < at; index += 1) {
    if (text.charCodeAt(index) !== NEW_LINE) continue
    line += 1
    begin = index + 1
  }
  return { line, column: at - begin + 1 }
}
