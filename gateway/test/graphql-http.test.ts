import { getIntrospectionQuery } from 'graphql'
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { ids } from './world.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.close())

const CSRF = { 'x-tikitu-csrf': '1' }

const send = async (init: RequestInit, search = '') => {
  const response = await fetch(`${gateway.url}/graphql${search}`, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as Record<string, unknown> }
}

const sendJson = (body: unknown, headers: Record<string, string> = {}) =>
  send({ method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

const refusal = (message: unknown) => ({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] })

describe('GraphQL over HTTP', () => {
  const audits = serverAudits({
    url: () => `${gateway.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers)
      headers.set('x-tikitu-csrf', '1')
      return fetch(url, { ...init, headers })
    },
  })

  it('is all of it', () => {
    expect(audits).toHaveLength(61)
  })

  it.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_, audit) => {
    expect(await audit.fn()).toMatchObject({ status: 'ok' })
  })
})

describe('the parameters of a request', () => {
  it.each([
    ['a body that is a list', [{ query: '{ me { id } }' }], 'body: several operations in one request are not accepted'],
    ['a body that is text', 'query', 'body: must be a JSON object with a query'],
    ['no query', {}, 'query: must be a GraphQL document as text'],
    [
      'a query that is a document as JSON',
      { query: { kind: 'Document' } },
      'query: must be a GraphQL document as text',
    ],
    ['variables as a list', { query: '{ me { id } }', variables: [1] }, 'variables: must be an object'],
    ['variables as text', { query: '{ me { id } }', variables: '{}' }, 'variables: must be an object'],
    ['a number as operationName', { query: '{ me { id } }', operationName: 1 }, 'operationName: must be text'],
    ['extensions as a list', { query: '{ me { id } }', extensions: [] }, 'extensions: must be an object'],
  ])('%s is refused', async (_, body, message) => {
    const answer = await sendJson(body)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject(refusal(message))
  })

  it('are not taken from a form, which any page could send', async () => {
    const body = new URLSearchParams({ query: '{ me { id } }' })
    const answer = await send({ method: 'POST', body })
    expect(answer.status).toBe(415)
    expect(answer.body).toMatchObject(refusal('Send the request as application/json, not compressed.'))
  })

  it.each(['{', '{"query":', 'null', '', '{"query":"{ me { id } }","__proto__":{"x":1}}'])(
    'are refused readably when the body is %j',
    async (body) => {
      const answer = await send({ method: 'POST', headers: { 'content-type': 'application/json' }, body })
      expect(answer.status).toBe(400)
      expect(answer.body).toMatchObject(refusal(expect.any(String)))
    },
  )
})

describe('a document', () => {
  const answers = (query: unknown, variables?: unknown, operationName?: string) =>
    sendJson({ query, variables, operationName })

  it.each([
    ['{ me { id ', 'Syntax Error: Expected Name, found <EOF>.'],
    ['', 'Syntax Error: Unexpected <EOF>.'],
    ['\u0000', expect.stringContaining('Syntax Error')],
    ["'; drop table users; --", expect.stringContaining('Syntax Error')],
    ['{ me { nope } }', 'Cannot query field "nope" on type "User".'],
    ['{ events(filter: { nope: 1 }) { edges { cursor } } }', expect.stringContaining('Field "nope" is not defined by')],
    ['{ event(id: 1.5) { id } }', expect.stringContaining('ID cannot represent')],
    ['query ($id: ID!) { event(id: $id) { id } }', 'Variable "$id" of required type "ID!" was not provided.'],
    [
      'fragment F on User { ...F } { me { ...F } }',
      expect.stringContaining('Cannot spread fragment "F" within itself'),
    ],
    ['query A { me { id } } query B { me { id } }', expect.stringContaining('say in operationName')],
    ['{ __proto__: me { id } }', 'An alias must not begin with two underscores.'],
    ['subscription { nope }', 'A subscription needs a WebSocket, or a request that accepts text/event-stream.'],
  ])('%j is refused readably', async (query, message) => {
    const answer = await answers(query)
    expect(answer.body).toMatchObject(refusal(message))
    expect(answer.body).not.toHaveProperty('data')
  })

  it.each(['{"kind":"Document","definitions":[]}', '[]', '5', 'null', '"{ me { id } }"'])(
    'that is JSON instead of GraphQL is refused as a syntax error: %s',
    async (query) => {
      expect((await answers(query)).body).toMatchObject(refusal(expect.stringContaining('Syntax Error')))
    },
  )

  it('tells strangers no names of the graph', async () => {
    const answer = await answers('{ mee { id } event(idd: "1") { titel } } ')
    expect(answer.text).toContain('Cannot query field')
    expect(answer.text).not.toContain('Did you mean')
  })

  it.each([
    ['asks the question itself', 'Did you mean well? startFrom'],
    ['asks it without an end, at once', 'Did you mean '.repeat(15_000)],
  ])('tells no names of the graph to who %s', async (_, field) => {
    const query = 'query ($filter: EventFilter) { events(filter: $filter) { edges { cursor } } }'
    const askedAt = performance.now()
    const answer = await answers(query, { filter: { startsFrm: 1, [field]: 1 } })
    expect(performance.now() - askedAt).toBeLessThan(1_000)
    expect(answer.text).toContain('is not defined by type')
    expect(answer.text).not.toContain('startsFrom')
    expect(answer.text.length).toBeLessThan(5_000)
  })

  it.each([
    'query ($filter: EventFilter) { events(filter: $filter) { edges { cursor } } }',
    'query ($filter: EventFilter) { again: events(filter: $filter) { edges { cursor } } }',
    'query First($filter: EventFilter) { events(filter: $filter) { edges { cursor } } } query Other { me { id } }',
  ])('tells the first of many mistakes in its variables, briefly: %s', async (query) => {
    const filter = Object.fromEntries(Array.from({ length: 200 }, (_, number) => [`x${number}`, 'long'.repeat(200)]))
    const operationName = query.includes('First') ? 'First' : undefined
    const { text } = await answers(query, { filter }, operationName)
    expect(text).toContain(String.raw`Field \"x0\" is not defined by type`)
    expect(text.length).toBeLessThan(5_000)
  })

  it('may have a malformed value in no custom scalar, and no subgraph is asked', async () => {
    gateway.subgraphs.forget()
    const query = 'query ($filter: EventFilter) { events(filter: $filter) { edges { cursor } } }'
    const answer = await answers(query, { filter: { startsFrom: "x'; drop table events; --" } })
    expect(answer.body).toMatchObject(refusal(expect.stringContaining('"filter.startsFrom"')))
    expect((await answers('{ events(filter: { startsFrom: "now" }) { edges { cursor } } }')).body).toMatchObject(
      refusal(expect.stringContaining('DateTime')),
    )
    expect(gateway.subgraphs.calls).toEqual([])
  })

  it('may have two hundred levels in its variables, for all who read them call themselves at each', async () => {
    const query = 'mutation ($input: ChangeSettingInput!) { changeSetting(input: $input) { __typename } }'
    const levels = (count: number) => JSON.parse('['.repeat(count) + ']'.repeat(count)) as unknown
    const variables = (count: number) => ({ input: { key: 'x', value: levels(count), expectedVersion: 0 } })
    expect((await answers(query, variables(198))).text).not.toContain('variables: must not')
    expect((await answers(query, variables(199))).body).toMatchObject(
      refusal('variables: must not have more than 200 levels of objects and lists'),
    )
  })

  it.each([
    ['levels of fields', `{ ${'venue { '.repeat(12)}id${' }'.repeat(12)} }`],
    ['aliases', `{ event(id: "1") { ${Array.from({ length: 51 }, (_, n) => `a${n}: id`).join(' ')} } }`],
    ['fields at the top', `{ ${Array.from({ length: 21 }, () => '__typename').join(' ')} }`],
    ['fields', manyFields()],
    ['characters', `{ me { id } } #${'x'.repeat(32_768)}`],
    ['tokens', `{ me { ${'id '.repeat(2_000)} } }`],
    ['fields', doublingIntrospection('{ __schema { types { ...F0 } } }')],
    ['fields', doublingIntrospection('{ __typename } fragment X on Query { __schema { types { ...F0 } } }')],
    ['brackets in each other', `{ event(id: ${'['.repeat(1_900)}) { id } }`],
  ])('with too many %s is refused', async (what, query) => {
    const answer = await answers(query)
    expect(answer.body).toMatchObject(
      refusal(expect.stringMatching(new RegExp(`too many ${what}|more that \\d+ ${what}`))),
    )
  })

  it('that asks for the whole schema is answered', async () => {
    const query = getIntrospectionQuery({ schemaDescription: true, inputValueDeprecation: true })
    expect((await answers(query)).body).toHaveProperty('data.__schema.queryType.name', 'Query')
  })

  it('as long as it may be is answered', async () => {
    const query = `{ event(id: "${ids.event(1)}") { ${Array.from({ length: 50 }, (_, n) => `a${n}: title`).join(' ')} } }`
    expect((await answers(query)).body).toHaveProperty('data.event.a49', 'Concert 1')
  })
})

/** Two fields a level that double with each fragment: small to read, thousands to execute. */
function manyFields(): string {
  const fragments = Array.from({ length: 9 }, (_, n) => `fragment F${n} on Partner { ...F${n + 1} ...F${n + 1} }`)
  return `{ partner(id: "1") { ...F0 } } ${fragments.join(' ')} fragment F9 on Partner { id companyName }`
}

/** A field that doubles sixty times below introspection: a rule of validation would walk it for ever. */
function doublingIntrospection(start: string): string {
  const fragments = Array.from({ length: 60 }, (_, n) => `fragment F${n} on __Type { ...F${n + 1} ...F${n + 1} }`)
  return `${start} ${fragments.join(' ')} fragment F60 on __Type { name }`
}

describe('a GET', () => {
  const query = `?query=${encodeURIComponent('{ events(first: 1) { edges { node { title } } } }')}`

  it('without a header that other sites cannot send is refused', async () => {
    const answer = await send({}, query)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject(refusal(expect.stringContaining('x-tikitu-csrf')))
  })

  it('with it is a query', async () => {
    const answer = await send({ headers: CSRF }, query)
    expect(answer.body).toMatchObject({ data: { events: { edges: [{ node: { title: 'Concert 1' } }] } } })
  })

  it('is never a mutation', async () => {
    gateway.subgraphs.forget()
    const mutation = 'mutation { releaseHold(input: { holdId: "1" }) { __typename } }'
    const answer = await send({ headers: CSRF }, `?query=${encodeURIComponent(mutation)}`)
    expect(answer.status).toBe(405)
    expect(gateway.subgraphs.calls).toEqual([])
  })
})

describe('in production', () => {
  const introspection = '{ __schema { queryType { name } } }'

  it('the schema is for admins and partners, and GraphiQL asks who one is', async () => {
    const production = await startTestGateway({ NODE_ENV: 'test' })
    try {
      const config = { ...production.config, environment: 'production' as const }
      const strict = await production.startAnother(config)
      const stranger = await strict.graph(introspection)
      expect(stranger.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN')
      const unused = await strict.graph('{ __typename } fragment X on Query { __schema { description } }')
      expect(unused.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN')
      const groups = { 'cognito:groups': ['partner'] }
      const partner = await strict.graph(introspection, {
        token: await production.pool.accessToken({ sub: 'sub-bob', ...groups }),
      })
      expect(partner.data).toEqual({ __schema: { queryType: { name: 'Query' } } })
      expect((await fetch(`${strict.url}/graphiql`)).status).toBe(401)
    } finally {
      await production.close()
    }
  })
})
