import { createServer, type RequestListener } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { assertSame, exchange } from './equality.ts'
import { operationNamed } from './operations.ts'

const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(answer: RequestListener): Promise<number> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const ask = (port: number) =>
  exchange({ port, head: 'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n' }, operationNamed('one'), 1)

const answer = (by: string, data: unknown) => ({ by, body: JSON.stringify({ data }) })

describe('answers of gateways', () => {
  it('are the same in whatever order their fields come, and whatever else stands beside the data', () => {
    const one = { by: 'ours', body: '{"data":{"event":{"id":"1","title":"A"}},"extensions":{"cost":{}}}' }
    expect(() => assertSame(one, answer('apollo', { event: { title: 'A', id: '1' } }), 'one')).not.toThrow()
  })

  it('that differ are told with the place', () => {
    const one = answer('ours', { bookings: [{ id: '1', payment: null }] })
    const other = answer('apollo', { bookings: [{ id: '1', payment: { status: 'SUCCEEDED' } }] })
    expect(() => assertSame(one, other, 'deep list')).toThrow(
      "deep list: at data.bookings.0.payment ours says null and apollo says { status: 'SUCCEEDED' }",
    )
  })

  it('with errors are none, even if all have them', () => {
    const failed = { by: 'ours', body: '{"data":null,"errors":[{"message":"no"}]}' }
    expect(() => assertSame(failed, failed, 'one')).toThrow('one: ours answers {"data":null')
  })
})

describe('the client of the load generator', () => {
  it('reads answers with a length and in chunks, in whatever pieces they come', async () => {
    const text = JSON.stringify({ data: { title: 'Überlänge '.repeat(10_000) } })
    const withLength = await serve((_, response) => {
      response.setHeader('content-length', Buffer.byteLength(text)).end(text)
    })
    const inChunks = await serve((_, response) => {
      for (let at = 0; at < text.length; at += 7_001) response.write(text.slice(at, at + 7_001))
      response.end()
    })
    expect((await ask(withLength)).body).toBe(text)
    expect((await ask(inChunks)).body).toBe(text)
  })

  it('tells what was refused, and that a connection was cut', async () => {
    const refusing = await serve((_, response) => {
      response.writeHead(503, { 'content-length': 4 }).end('busy')
    })
    const cutting = await serve((request) => request.socket.destroy())
    await expect(ask(refusing)).rejects.toThrow('503: busy')
    await expect(ask(cutting)).rejects.toThrow('The connection was closed before the answer.')
  })
})
