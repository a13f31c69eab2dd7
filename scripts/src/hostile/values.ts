/** A value that nobody sends who means well. */
export interface HostileValue {
  readonly name: string
  /** Undefined when only the JSON can be written: it is too deep for JavaScript's own writer. */
  readonly value: unknown
  /** As it is sent. */
  readonly json: string
}

/** How the values are written here: one that is JSON already, or one that becomes it. */
type Written = { readonly name: string; readonly always?: true } & (
  | { readonly value: unknown }
  | { readonly json: string }
)

const NUL = String.fromCharCode(0)
/** Half of a pair: text for JavaScript, and not for anybody else. */
const LONE_SURROGATE = String.fromCharCode(0xd8_00)

/** Below the largest body, so that it is a service that has to refuse it. */
const LONG_CHARACTERS = 100_000
/** Far beyond what a function that calls itself survives, and it fits into a body. */
const DEEP_LEVELS = 30_000

const SQL: readonly Written[] = [
  { name: 'a dropped table', value: `'; drop table bookings; --`, always: true },
  { name: 'always true', value: `' or '1'='1` },
  { name: 'a sleep behind a backslash', value: `\\'; select pg_sleep(30); --` },
  { name: 'a sleep without spaces', value: `');select/**/pg_sleep(30);--` },
  { name: 'a union', value: `") union select rolpassword from pg_authid --` },
  { name: 'dollar quotes', value: '$$; delete from users; $$' },
  { name: 'two dollars', value: '$$' },
  { name: 'a parameter', value: '$1' },
  { name: 'any text of LIKE', value: '%' },
  { name: 'any letter of LIKE', value: '_' },
  { name: 'an open escape of LIKE', value: '%\\' },
]

const TEXT: readonly Written[] = [
  ...SQL,
  { name: 'NUL', value: `before${NUL}after`, always: true },
  { name: 'NUL alone', value: NUL },
  { name: 'half a surrogate pair', value: `half ${LONE_SURROGATE}`, always: true },
  { name: '100,000 letters', value: 'x'.repeat(LONG_CHARACTERS), always: true },
  { name: '20,000 quotes', value: `'`.repeat(20_000) },
  { name: 'nothing', value: '' },
  { name: 'spaces', value: '   ' },
  { name: 'markup and a template', value: '<script>alert(1)</script>{{ "x" | append: "y" }}{% for i in (1..9) %}${i}' },
  { name: 'an array of PostgreSQL', value: '{"a","b\\"' },
  { name: 'a header', value: 'a\r\nBcc: everybody@example.com' },
  { name: 'right to left', value: `${String.fromCharCode(0x20_2e)}gnp.exe 👩‍👩‍👧‍👦` },
]

const IDS: readonly Written[] = [
  { name: 'a negative number', value: -1 },
  { name: 'a huge number', value: '9'.repeat(40) },
  { name: 'nearly a UUID', value: '00000000-0000-7000-8000-00000000000g', always: true },
  { name: 'a UUID in braces', value: '{00000000-0000-7000-8000-000000000000}' },
  { name: 'a UUID without hyphens', value: '00000000000070008000000000000000' },
  { name: 'nobody’s UUID', value: '00000000-0000-7000-8000-000000000000' },
  { name: 'the last UUID', value: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
]

const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url')
const NOBODY = '00000000-0000-7000-8000-000000000000'

const CURSORS: readonly Written[] = [
  { name: 'a cursor that nobody was given', value: cursor(['2027-01-01T00:00:00.000Z', NOBODY]), always: true },
  { name: 'another that nobody was given', value: cursor([NOBODY]), always: true },
  { name: 'a cursor of SQL', value: cursor([`'; drop table bookings; --`, `' or '1'='1`]), always: true },
  {
    name: 'a cursor with an instant out of reach',
    value: cursor(['+275760-09-13T00:00:00.000Z', NOBODY]),
    always: true,
  },
  { name: 'a cursor of year 0', value: cursor(['0000-01-01T00:00:00.000Z', NOBODY]) },
  { name: 'a cursor of SQL behind an instant', value: cursor(['2027-01-01T00:00:00.000Z', `' or '1'='1`]) },
  { name: 'a cursor of NUL', value: cursor([NUL, NOBODY]), always: true },
  { name: 'a cursor of half a surrogate pair', value: cursor([LONE_SURROGATE, NOBODY]) },
  { name: 'a cursor of one NUL', value: cursor([NUL]) },
  { name: 'a cursor of a huge number', value: cursor(['9'.repeat(40)]) },
  { name: 'a cursor of numbers', value: cursor([1, 2]) },
  { name: 'a cursor of one', value: cursor(['x']) },
  { name: 'a cursor of null', value: cursor(null) },
]

const INSTANTS: readonly Written[] = [
  { name: 'the last instant of JavaScript', value: '+275760-09-13T00:00:00Z', always: true },
  { name: 'the first instant of JavaScript', value: '-271821-04-20T00:00:00Z' },
  { name: 'year 0', value: '0000-01-01T00:00:00Z', always: true },
  { name: 'year 1', value: '0001-01-01T00:00:00Z', always: true },
  { name: 'year 1, an hour west', value: '0001-01-01T00:00:00+01:00' },
  { name: 'the end of 9999', value: '9999-12-31T23:59:59.999Z', always: true },
  { name: 'the end of 9999, an hour east', value: '9999-12-31T23:59:59.999-01:00' },
  { name: 'a day that is not', value: '2027-02-30T00:00:00Z' },
  { name: 'a leap second', value: '2016-12-31T23:59:60Z' },
  { name: 'infinity', value: 'infinity' },
  { name: 'seconds', value: 1e15 },
]

const DATES: readonly Written[] = [
  { name: 'year 0', value: '0000-01-01', always: true },
  { name: 'the last day', value: '9999-12-31', always: true },
  { name: 'the first day', value: '0001-01-01' },
  { name: 'a day that is not', value: '1990-02-30' },
  { name: 'infinity', value: 'infinity' },
  { name: 'before Christ', value: '1990-01-01 BC' },
]

const nested = (open: string, close: string) => open.repeat(DEEP_LEVELS) + close.repeat(DEEP_LEVELS)

const JSONS: readonly Written[] = [
  { name: 'text', value: `'; drop table bookings; --`, always: true },
  { name: 'NUL in an object', value: { [`a${NUL}`]: NUL }, always: true },
  { name: 'half a surrogate pair in an object', value: { [LONE_SURROGATE]: LONE_SURROGATE } },
  { name: 'lists in each other', json: nested('[', ']'), always: true },
  { name: 'objects in each other', json: nested('{"a":[', ']}') },
  { name: 'many lists', value: Array.from({ length: DEEP_LEVELS }, () => []) },
  { name: 'a constructor', value: { constructor: { prototype: { polluted: true } } } },
  { name: 'a prototype', json: '{"__proto__":{"polluted":true}}' },
  { name: 'the largest number', value: Number.MAX_VALUE },
  { name: 'a number beyond all', json: '1e999' },
  { name: 'nothing', value: null },
  { name: 'yes', value: true },
]

const number = (...values: number[]): Written[] => values.map((value) => ({ name: String(value), value, always: true }))

const BY_SCALAR: Readonly<Record<string, readonly Written[]>> = {
  String: TEXT,
  ID: [...TEXT, ...IDS],
  DateTime: [...SQL, ...INSTANTS],
  Date: [...SQL, ...DATES],
  JSON: JSONS,
  Int: number(-2_147_483_648, 2_147_483_647, 0),
  SafeInt: number(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0),
  Float: number(-Number.MAX_VALUE, Number.MAX_VALUE, Number.MIN_VALUE),
}

/** How many values a place gets when it is not a soak: the first two of those for every run, and one of the rest in turn. */
const FEW = 3

/** What to send to an argument or a field of this name and scalar: everything in a soak, else a few; `turn` says which of many. */
export function hostileValues(
  field: string,
  scalar: string,
  { soak, turn }: { soak: boolean; turn: number },
): HostileValue[] {
  const kinds = BY_SCALAR[scalar]
  if (!kinds) throw new Error(`values.ts has nothing hostile for the scalar ${scalar}`)
  const all = [...(field === 'after' ? CURSORS : []), ...kinds]
  return (soak ? all : fewOf(all, turn)).map((written) =>
    'json' in written
      ? { name: written.name, value: undefined, json: written.json }
      : { name: written.name, value: written.value, json: JSON.stringify(written.value) },
  )
}

function fewOf(all: readonly Written[], turn: number): Written[] {
  const always = all.filter((written) => written.always)
  const rest = always.slice(FEW - 1)
  const inTurn = rest[turn % Math.max(rest.length, 1)]
  return [...always.slice(0, FEW - 1), ...(inTurn ? [inTurn] : [])]
}
