import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ CORS_ORIGINS: 'https://tickets.example.com, http://localhost:5173' })
})
afterAll(() => gateway.close())

const preflight = (origin: string) =>
  fetch(`${gateway.url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  })

describe('a page of another site', () => {
  it.each(['https://tickets.example.com', 'http://localhost:5173'])(
    'on %s may call, because it is named',
    async (origin) => {
      const response = await preflight(origin)
      expect(response.status).toBe(204)
      expect(response.headers.get('access-control-allow-origin')).toBe(origin)
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    },
  )

  it.each([
    'https://evil.example.com',
    'https://tickets.example.com.evil.com',
    'http://tickets.example.com',
    'https://tickets.example.com:8443',
    'null',
  ])('on %s may not', async (origin) => {
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull()
  })

  it('may call from nowhere unless the setting names it', async () => {
    const closed = await gateway.startAnother({ ...gateway.config, corsOrigins: [] })
    const response = await fetch(`${closed.url}/graphql`, { headers: { origin: 'https://tickets.example.com' } })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('every answer', () => {
  it.each(['/', '/graphql', '/graphiql', '/graphiql/assets/ruru.css', '/livez', '/nothing'])(
    'of %s is neither framed nor sniffed',
    async (path) => {
      const { headers } = await fetch(`${gateway.url}${path}`)
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('strict-transport-security')).toContain('max-age=')
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
    },
  )
})

const OF_EACH_ANSWER = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'vary',
  'x-request-id',
])

it('the graph says the same as helmet does elsewhere', async () => {
  const headersOf = async (path: string) => {
    const { headers } = await fetch(`${gateway.url}${path}`)
    return [...headers].filter(([name]) => !OF_EACH_ANSWER.has(name))
  }
  expect(await headersOf('/graphql')).toEqual(await headersOf('/nothing'))
})

describe('the page at /', () => {
  it('links to GraphiQL and to health', async () => {
    const response = await fetch(`${gateway.url}/`)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const page = await response.text()
    expect(page).toContain('href="/graphiql"')
    expect(page).toContain('href="/readyz"')
  })
})

describe('GraphiQL', () => {
  it('names no other host, and only scripts of its own may run', async () => {
    const response = await fetch(`${gateway.url}/graphiql`)
    expect(await response.text()).not.toMatch(/(src|href)="(https?:)?\/\//)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/script-src 'self' 'sha256-/)
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:/)
  })

  it('is kept by browsers and comes compressed', async () => {
    const url = `${gateway.url}/graphiql/assets/ruru.js`
    const first = await fetch(url, { headers: { 'accept-encoding': 'br' } })
    expect(first.headers.get('content-encoding')).toBe('br')
    expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    await first.arrayBuffer()
    const again = await fetch(url, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
    expect((await fetch(`${gateway.url}/graphiql/assets/../../package.json`)).status).toBe(404)
    expect((await fetch(`${gateway.url}/graphiql/assets/nothing.js`)).status).toBe(404)
  })
})
