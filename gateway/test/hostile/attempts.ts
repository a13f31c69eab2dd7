import { fc, type Arbitrary } from '@tikitu/runtime/testing/properties'
import { hostileDocument } from './documents.ts'

/** Something that is sent over a connection of its own. */
export interface Attempt {
  /** What kind of nonsense this is. */
  readonly kind: string
  readonly chunks: readonly Buffer[]
  /** We send no more, though the gateway may wait for more. */
  readonly hangsUp: boolean
}

/** An HTTP request. */
interface Request {
  readonly method?: string
  readonly path?: string
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
}

const JSON_TYPE = 'content-type: application/json'
const QUERY = '{"query":"{__typename}"}'

function http({ method = 'POST', path = '/graphql', headers = [JSON_TYPE], body = '' }: Request): Buffer {
  const bytes = Buffer.from(body)
  const head = [
    `${method} ${path} HTTP/1.1`,
    'host: tickets.example.com',
    'connection: close',
    `content-length: ${bytes.length}`,
    ...headers,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes])
}

const attempt = (kind: string, request: Arbitrary<Request>): Arbitrary<Attempt> =>
  request.map((each) => ({ kind, chunks: [http(each)], hangsUp: false }))

const raw = (kind: string, text: Arbitrary<string | Uint8Array>): Arbitrary<Attempt> =>
  text.map((each) => ({ kind, chunks: [Buffer.from(each)], hangsUp: true }))

const posted = (kind: string, body: Arbitrary<string | Buffer>) =>
  attempt(
    kind,
    body.map((each) => ({ body: each })),
  )

const bytes = fc.uint8Array({ maxLength: 400 })
const deep = fc.integer({ min: 2, max: 60_000 })
/** Never one of our documents: those are the limits' to refuse. */
const value = fc.jsonValue({ maxDepth: 4 })

const brokenJson = fc.oneof(
  fc.integer({ min: 0, max: QUERY.length - 1 }).map((length) => QUERY.slice(0, length)),
  fc.tuple(fc.nat(QUERY.length - 1), fc.nat(255)).map(([at, byte]) => {
    const broken = Buffer.from(QUERY)
    broken[at] = byte
    return broken
  }),
  bytes.map((each) => Buffer.from(each)),
  deep.map((many) => '['.repeat(many)),
  deep.map((many) => `${'{"a":'.repeat(many)}1${'}'.repeat(many)}`),
  deep.map((many) => `{"query":${'['.repeat(many)}${']'.repeat(many)}}`),
  fc.constantFrom(
    `\uFEFF${QUERY}`,
    '{"query":"{__typename}","query":1}',
    '{"__proto__":{"query":"{__typename}"}}',
    '{"query":"{__typename}","constructor":{"prototype":{"a":1}}}',
    '{"query":"{__typename}","variables":{"__proto__":{"a":1}}}',
    '{"query":"\\ud800"}',
    '{"query":1e999}',
    '{"query":"\u0000"}',
    "{'query':'{__typename}'}",
    '{"query":"{__typename}"} {"query":"{__typename}"}',
    'query={__typename}',
  ),
)

const wrongShape = fc
  .record(
    { query: value, variables: value, operationName: value, extensions: value, documentId: value },
    { requiredKeys: [] },
  )
  .map((body) => JSON.stringify(body))

const wrongVariables = fc
  .tuple(
    fc.constantFrom(
      'query($a:ID!){event(id:$a){id title}}',
      'query($a:Int){events(first:$a){edges{cursor}}}',
      'query($a:EventFilter){events(first:1,filter:$a){edges{cursor}}}',
      'mutation($a:HoldSeatsInput!){holdSeats(input:$a){__typename}}',
    ),
    fc.oneof(
      value,
      deep.map((many) => ({ deep: many })),
      fc.array(fc.integer(), { maxLength: 3_000 }),
      fc.constantFrom(2 ** 31, 2 ** 53, -1, 1e300, '', '\u0000', 'a'.repeat(100_000)),
    ),
  )
  .map(([query, a]) => {
    const isDeep = typeof a === 'object' && a !== null && 'deep' in a && typeof a.deep === 'number'
    const text = isDeep ? `${'['.repeat(Number(a.deep))}${']'.repeat(Number(a.deep))}` : JSON.stringify(a)
    return `{"query":${JSON.stringify(query)},"variables":{"a":${text}}}`
  })

const base64 = (text: string) => Buffer.from(text).toString('base64url')
const part = fc.oneof(
  fc.constantFrom('{"alg":"none"}', '{"alg":"HS256","kid":"1"}', '{"alg":"RS256","kid":"../../etc"}', '{}', 'x', ''),
  fc.json({ maxDepth: 2 }),
)
const badToken = fc.oneof(
  fc.tuple(part, part, part).map((parts) => `Bearer ${parts.map(base64).join('.')}`),
  fc.constantFrom(
    'Bearer',
    'Bearer ',
    'bearer a b',
    'Basic YTpi',
    'Bearer ..',
    'Bearer a.b.c',
    'Bearer eyJ.eyJ.x',
    ' ',
  ),
  fc.integer({ min: 1, max: 12_000 }).map((length) => `Bearer ${'a'.repeat(length)}`),
)

/** What a header may have in it: anything but what ends it. */
const headerValue = fc
  .string({ unit: 'binary', maxLength: 100 })
  .map((text) => text.replaceAll(/[\r\n\0\u0100-\uffff]/g, '?'))
const headerName = fc.constantFrom(
  'accept',
  'accept-encoding',
  'content-type',
  'content-encoding',
  'cookie',
  'origin',
  'referer',
  'range',
  'date',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-host',
  'forwarded',
  'x-tikitu-csrf',
  'x-http-method-override',
  'if-none-match',
  'te',
  'trailer',
  'via',
  'access-control-request-method',
  'traceparent',
  'last-event-id',
)
const badHeaders = fc.oneof(
  fc.array(
    fc.tuple(headerName, headerValue).map(([name, text]) => `${name}: ${text}`),
    { maxLength: 5 },
  ),
  fc.tuple(headerName, headerValue, fc.nat(2_000)).map(([name, text, many]) => Array(many).fill(`${name}: ${text}`)),
  fc.integer({ min: 1, max: 40_000 }).map((length) => [JSON_TYPE, `x-long: ${'a'.repeat(length)}`]),
  fc.constantFrom(
    ['content-type: text/plain'],
    ['content-type: multipart/form-data; boundary=x'],
    ['content-type: application/x-www-form-urlencoded'],
    ['content-type: application/json; charset=utf-7'],
    ['content-type: application/json/json'],
    ['content-type:'],
    [],
    [JSON_TYPE, 'content-encoding: gzip'],
    [JSON_TYPE, 'content-length: 3'],
    [JSON_TYPE, 'transfer-encoding: chunked'],
    [JSON_TYPE, 'transfer-encoding: gzip'],
    [JSON_TYPE, 'transfer-encoding: chunked, chunked'],
    [JSON_TYPE, 'expect: 100-continue'],
    [JSON_TYPE, 'expect: a miracle'],
    [JSON_TYPE, 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__'],
    [JSON_TYPE, 'host: a', 'host: b'],
    [JSON_TYPE, ' folded: a', '\tb'],
    [JSON_TYPE, 'bad name: a'],
    [JSON_TYPE, ': a'],
    [JSON_TYPE, 'accept: text/event-stream'],
    [JSON_TYPE, 'accept: application/graphql-response+json;q=nope'],
  ),
)

const path = fc.oneof(
  fc.constantFrom('/', '/readyz', '/livez', '/health', '/graphiql', '/graphiql/assets/', '/graphiql/assets/nope.js'),
  fc.constantFrom(
    '/graphql/',
    '//graphql',
    '/graphql/../graphql',
    '/GRAPHQL',
    '/%67raphql',
    '/graphql%00',
    '/graphql;a=b',
  ),
  fc.constantFrom(
    '/graphiql/assets/../../package.json',
    '/graphiql/assets/%2e%2e/%2e%2e/package.json',
    '/..%2f..%2fetc',
  ),
  fc.constantFrom(
    '/internal/principal?subject=a',
    '/.env',
    '/%zz',
    '/%',
    '*',
    'tickets.example.com:443',
    'http://a/graphql',
  ),
  fc.webPath(),
  fc.integer({ min: 1, max: 40_000 }).map((length) => `/${'a'.repeat(length)}`),
)
const method = fc.constantFrom(
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PURGE',
  'BREW',
)

const parameter = fc.oneof(
  hostileDocument.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 12_000)),
  fc.constantFrom(
    '{__typename}',
    '%7B__typename%7D',
    '',
    '%',
    '%zz',
    '%00',
    '%FF%FE',
    '[]',
    '{',
    'null',
    'mutation{a}',
  ),
)
const query = fc
  .array(
    fc
      .tuple(
        fc.constantFrom('query', 'variables', 'operationName', 'extensions', 'documentId', 'query[]', '__proto__'),
        parameter,
      )
      .map(([name, text]) => `${name}=${text.replaceAll(/[\s\p{Cc}]/gu, '+')}`),
    { maxLength: 5 },
  )
  .map((all) => `/graphql?${all.join('&')}`)

const chunked = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '5\r\nhello\r\n',
        '0\r\n\r\n',
        'ffffffffffffffff\r\n',
        '-1\r\n',
        'zz\r\n',
        '1;a=b\r\n{\r\n',
        '\r\n',
        '3\r\nabcdef',
      ),
      bytes.map((each) => `${each.length.toString(16)}\r\n${Buffer.from(each).toString('latin1')}\r\n`),
    ),
    { maxLength: 6 },
  )
  .map(
    (chunks) =>
      `POST /graphql HTTP/1.1\r\nhost: a\r\n${JSON_TYPE}\r\ntransfer-encoding: chunked\r\n\r\n${chunks.join('')}`,
  )

const noHttp = fc.oneof(
  bytes,
  fc.constantFrom(
    'GET /\r\n\r\n',
    'GET / HTTP/0.9\r\n\r\n',
    'GET / HTTP/1.0\r\n\r\n',
    'GET / HTTP/3.0\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET  /  HTTP/1.1\r\nhost: a\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
    'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n',
    'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\ncontent-length: 20\r\n\r\n',
    `POST /graphql HTTP/1.1\r\nhost: a\r\n${JSON_TYPE}\r\ncontent-length: 1000\r\n\r\n{`,
    'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\nhost: a\n\n',
    'GET / HTTP/1.1\r\nhost: a\r\nx: \u0000\r\n\r\n',
    'SSH-2.0-OpenSSH_9.6\r\n',
    '\r\n\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(20),
  ),
  fc.tuple(fc.nat(120), bytes).map(([length, rest]) => {
    const start = http({ body: QUERY }).subarray(0, length)
    return Buffer.concat([start, rest])
  }),
)

/** A WebSocket that is asked for properly, and what then comes over it. */
const socket = fc
  .tuple(
    fc.constantFrom('graphql-transport-ws', 'graphql-ws', 'nope', ''),
    fc.constantFrom('13', '8', 'x'),
    fc.constantFrom('dGhlIHNhbXBsZSBub25jZQ==', 'short', ''),
    fc.oneof(
      bytes,
      // An empty mask, so that the frame can be read.
      fc
        .constantFrom(
          '{"type":"connection_init"}',
          '{"type":"nope"}',
          '{"type":"subscribe"}',
          '[]',
          '{',
          'null',
          '\u0000',
        )
        .map((text) => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])),
      fc.constantFrom(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]), Buffer.from([0x89, 0x00])),
    ),
  )
  .map(([protocol, version, key, frames]) =>
    Buffer.concat([
      Buffer.from(
        `GET /graphql HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: ${version}\r\n` +
          `sec-websocket-key: ${key}\r\nsec-websocket-protocol: ${protocol}\r\n\r\n`,
      ),
      frames,
    ]),
  )

/** Everything that is malformed, hostile or oversized, the frequent faults oftener than those that take long. */
export const attempts: Arbitrary<Attempt> = fc.oneof(
  {
    weight: 12,
    arbitrary: posted(
      'a hostile document',
      hostileDocument.map((text) => JSON.stringify({ query: text })),
    ),
  },
  { weight: 5, arbitrary: posted('broken JSON', brokenJson) },
  { weight: 5, arbitrary: posted('parameters of the wrong type', wrongShape) },
  { weight: 5, arbitrary: posted('a body that is no object', fc.json({ maxDepth: 3 })) },
  { weight: 5, arbitrary: posted('variables of the wrong shape', wrongVariables) },
  {
    weight: 4,
    arbitrary: attempt(
      'a bad token',
      badToken.map((token) => ({ headers: [JSON_TYPE, `authorization: ${token}`], body: QUERY })),
    ),
  },
  {
    weight: 6,
    arbitrary: attempt(
      'bad headers',
      badHeaders.map((headers) => ({ headers, body: QUERY })),
    ),
  },
  {
    weight: 4,
    arbitrary: attempt('a path or a method that there is not', fc.record({ method, path, headers: fc.constant([]) })),
  },
  {
    weight: 4,
    arbitrary: attempt(
      'a strange GET',
      query.map((url) => ({ method: 'GET', path: url, headers: ['x-tikitu-csrf: 1'] })),
    ),
  },
  { weight: 4, arbitrary: raw('chunked garbage', chunked) },
  { weight: 5, arbitrary: raw('no HTTP', noHttp) },
  { weight: 3, arbitrary: raw('a WebSocket full of garbage', socket) },
  {
    weight: 1,
    arbitrary: posted(
      'a body that is too large',
      fc.integer({ min: 262_145, max: 600_000 }).map((length) => 'a'.repeat(length)),
    ),
  },
)
