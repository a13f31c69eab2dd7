import { fc, type Arbitrary } from '@tikitu/runtime/testing/properties'

/** Fields, types and arguments that there are, that there are not, and that mean something to JavaScript. */
const name = fc.constantFrom(
  'events',
  'event',
  'me',
  'title',
  'id',
  'edges',
  'node',
  'nope',
  '__typename',
  '__schema',
  '__type',
  '_entities',
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'then',
  '_',
  'Query',
  'Event',
  'String',
  'on',
  'true',
)
const count = fc.oneof(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 100, max: 2_500 }))

const times = (text: (n: number) => string, separator = ' ') =>
  count.map((many) => Array.from({ length: many }, (_, n) => text(n)).join(separator))

const literal = fc.oneof(
  fc.constantFrom('1e999', '-0', '99999999999999999999', '$nope', 'null', '{}', '[]', '[[[]]]', '{__proto__:{a:1}}'),
  fc.constantFrom(
    '"\\u{110000}"',
    '"\\uD800"',
    '"\\u0000"',
    '"',
    '"""',
    'NaN',
    'ACTIVE',
    'true',
    '0x10',
    '1.',
    '"\\q"',
  ),
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
)

const nested = (open: string, inner: string, close: string) =>
  count.map((many) => `${open.repeat(many)}${inner}${close.repeat(many)}`)

/** Documents that are too deep, too wide, never end, mean nothing, or are no GraphQL at all. */
export const hostileDocument: Arbitrary<string> = fc.oneof(
  nested('{a', '', '}'),
  nested('{events{edges{node', '{id}', '}}}'),
  nested('{...', '{a}', '}').map((text) => `{${text}}`),
  nested('[', '1', ']').map((list) => `{event(id:${list}){id}}`),
  nested('{a:', '1', '}').map((object) => `{events(filter:${object}){edges{cursor}}}`),
  nested('[', 'ID', ']').map((type) => `query($a:${type}){__typename}`),
  times((n) => `a${n}:__typename`).map((fields) => `{${fields}}`),
  times(() => '__typename').map((fields) => `{${fields}}`),
  times((n) => `a${n}:event(id:"${n}"){id title}`).map((fields) => `{${fields}}`),
  times(() => '@include(if:true)').map((directives) => `{__typename ${directives}}`),
  times((n) => `@nope${n}(a:[${n}])`).map((directives) => `query ${directives}{__typename}`),
  times((n) => `@skip(if:$v${n})`).map((directives) => `{events(first:1) ${directives} {edges{cursor}}}`),
  times((n) => `...F${n}`).map((spreads) => `{${spreads}}`),
  times((n) => `fragment F${n} on Query{...F${n + 1}}`).map((fragments) => `{...F0} ${fragments}`),
  times((n) => `fragment F${n} on Query{...F${n + 1} ...F${n + 1}}`).map((fragments) => `{...F0} ${fragments}`),
  times((n) => `fragment F${n} on Query{__typename}`).map((fragments) => `{...F0} ${fragments}`),
  times((n) => `query Q${n}{__typename}`).map((operations) => operations),
  times((n) => `$v${n}:Int=${n}`).map((variables) => `query(${variables}){__typename}`),
  times((n) => `#${n}`, '\n').map((comments) => `${comments}\n{__typename}`),
  fc.constantFrom(
    '{...A} fragment A on Query{...A}',
    '{...A} fragment A on Query{...B} fragment B on Query{...A}',
    '{...A} fragment A on Query{a} fragment A on Query{b}',
    'fragment A on Query{a}',
    'type Query{a:Int}',
    'extend schema @a',
    'subscription{nope}',
    'subscription{a b}',
    'mutation{holdSeats(input:{}){__typename}}',
    'mutation{holdSeats(input:null){__typename} startPayment{__typename}}',
    'query A{__typename} query A{__typename}',
    '{_service{sdl}}',
    '{_entities(representations:[{__typename:"Event",id:"1"}]){__typename}}',
    '{a:__typename a:events{edges{cursor}}}',
    '{__proto__:__typename constructor:__typename}',
    '',
    ' ',
    '{',
    '}',
    '{}',
    '\u0000',
    '\uFEFF{__typename}',
    '\uD800',
  ),
  fc.tuple(name, name, name).map(([a, b, c]) => `{${a}{${b}{${c}}}}`),
  fc.tuple(name, name, literal).map(([field, argument, value]) => `{${field}(${argument}:${value}){id}}`),
  fc.tuple(name, literal).map(([type, value]) => `query($a:${type}=${value}){event(id:$a){id}}`),
  literal.map((value) => `{events(first:${value}){edges{cursor}}}`),
  fc.stringMatching(/^[{}[\]()@$!|&=:."#,abc01\n\\]{0,200}$/),
  fc.string({ unit: 'binary', maxLength: 300 }),
)
