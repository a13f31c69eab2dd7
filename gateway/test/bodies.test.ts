import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.close())

const TEN_MEGABYTES = 10 * 1024 * 1024
const tooLarge = {
  errors: [{ message: 'The request body is larger than 262144 bytes.', extensions: { code: 'BAD_USER_INPUT' } }],
}

/** Sends everything before it looks at the answer, as simple clients do; a reset connection fails the test. */
async function sendAll(chunks: Buffer[], headers: Record<string, string>) {
  const sent = request(`${gateway.url}/graphql`, { method: 'POST', headers })
  for (const chunk of chunks) {
    if (!sent.write(chunk)) await once(sent, 'drain')
  }
  sent.end()
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }]
  let text = ''
  for await (const chunk of response) text += chunk.toString()
  return { status: response.statusCode, body: JSON.parse(text) as unknown }
}

describe('a body that is too large', () => {
  const query = Buffer.from('{"query":"{ me { id } }","variables":{"x":"')
  const megabyte = Buffer.alloc(1024 * 1024, 'a')
  const chunks = [query, ...Array.from({ length: 10 }, () => megabyte), Buffer.from('"}}')]
  const json = { 'content-type': 'application/json' }

  it('of ten megabytes is answered, when its length is announced', async () => {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const answer = await sendAll(chunks, { ...json, 'content-length': String(length) })
    expect(answer).toMatchObject({ status: 413, body: tooLarge })
  })

  it('of ten megabytes is answered, when it comes in chunks', async () => {
    expect(await sendAll(chunks, json)).toMatchObject({ status: 413, body: tooLarge })
  })

  it('is answered whatever it says it is', async () => {
    expect(await sendAll(chunks, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
    expect(await sendAll(chunks, {})).toMatchObject({ status: 415 })
  })

  it('asks no subgraph anything, and the next request is answered', async () => {
    gateway.subgraphs.forget()
    await sendAll(chunks, json)
    expect(gateway.subgraphs.calls).toEqual([])
    expect((await gateway.graph('{ __typename }')).data).toEqual({ __typename: 'Query' })
  })

  it('cannot hide by being compressed', async () => {
    const body = gzipSync(Buffer.alloc(TEN_MEGABYTES, 'a'))
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { ...json, 'content-encoding': 'gzip' },
      body,
    })
    expect(response.status).toBe(415)
  })
})

describe('what is not HTTP', () => {
  it.each([
    ['garbage', 'GARBAGE\r\n\r\n', '400 Bad Request'],
    ['a path that cannot be decoded', 'GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', '400 Bad Request'],
    [
      'headers of 40 KB',
      `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(40_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
  ])('%s is answered with a coded error and a request id', async (_, text, status) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    socket.write(text)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    expect(answer).toContain(`HTTP/1.1 ${status}`)
    expect(answer).toMatch(/x-request-id: [\w-]{36}/)
    expect(answer).toContain('"code":"BAD_USER_INPUT"')
  })
})
