import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection } from './connection.ts'
import { Connections, type Outgoing } from './connections.ts'
import { requestWriter } from './request.ts'
import type { Response } from './response.ts'

/** A server that does with its sockets what a test wants, and remembers what came. */
let server: Server
let sockets: Socket[]
let heard: string
let hear: (socket: Socket, text: string) => void
let connections: Connections
let origin: URL
beforeEach(async () => {
  sockets = []
  heard = ''
  hear = answer
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      heard += String(bytes)
      hear(socket, String(bytes))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  origin = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`)
  connections = open()
})
afterEach(async () => {
  connections.close()
  for (const socket of sockets) socket.destroy()
  if (server.listening) await once(server.close(), 'close')
})

const open = (max = 64) => new Connections({ origin, max, connectMilliseconds: 1_000, answerBytesMax: 1_000 })

const TWO = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'

function answer(socket: Socket) {
  socket.write(TWO)
}

interface Sending {
  readonly body?: string
  readonly mayBeLost?: boolean
  readonly taken?: (connection: Connection) => boolean
}

/** How a request went. */
function send({ body = '{}', mayBeLost = true, taken = () => true }: Sending = {}): Promise<string> {
  return new Promise((resolve) => {
    const outgoing: Outgoing = {
      text: requestWriter(origin)({ body, headers: {} }),
      mayBeLost,
      taken,
      answered: ({ body: answered }: Response) => resolve(String(answered)),
      broke: ({ message }) => resolve(`broke: ${message}`),
      unsent: ({ message }) => resolve(`unsent: ${message}`),
    }
    connections.send(outgoing)
  })
}

describe('connections', () => {
  it('carry one request after the other, each as many bytes as it says', async () => {
    expect(await send({ body: '{"a":"é"}' })).toBe('{}')
    expect(await send({ body: '{"a":"❤️"}' })).toBe('{}')
    expect(sockets).toHaveLength(1)
    expect(heard).toContain('content-length: 10\r\n\r\n{"a":"é"}')
    expect(heard).toContain('content-length: 14\r\n\r\n{"a":"❤️"}')
  })

  it('are as many as there are requests at once, and no more than allowed: others wait', async () => {
    connections.close()
    connections = open(2)
    const waiting: Socket[] = []
    hear = (socket) => void waiting.push(socket)
    const sent = [send(), send(), send()]
    await expect.poll(() => waiting).toHaveLength(2)
    hear = answer
    for (const socket of waiting) answer(socket)
    expect(await Promise.all(sent)).toEqual(['{}', '{}', '{}'])
    expect(sockets).toHaveLength(2)
  })

  it('carry together what comes in one turn of the event loop, so that the other side is woken once', async () => {
    await Promise.all([send(), send()])
    const happened: string[] = []
    const taken = () => happened.push('taken') > 0
    const sent = [send({ taken })]
    happened.push('another comes')
    sent.push(send({ taken }))
    await Promise.all(sent)
    expect(happened).toEqual(['another comes', 'taken', 'taken'])
  })

  it('are not asked for again and again where nobody listens any more, while one is still open', async () => {
    let held: Socket | undefined
    hear = (socket) => (held = socket)
    const sent = [send()]
    await expect.poll(() => held).toBeDefined()
    hear = answer
    server.close()
    let attempts = 0
    const count = () => void (attempts += 1)
    subscribe('net.client.socket', count)
    for (let request = 0; request < 5; request++) sent.push(send())
    await expect.poll(() => attempts).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 100))
    unsubscribe('net.client.socket', count)
    expect(attempts).toBeLessThanOrEqual(5 * 5)
    if (held) answer(held)
    expect(await Promise.all(sent)).toEqual(sent.map(() => '{}'))
  })

  it('carry nothing that was taken back while it waited', async () => {
    const given = send({ body: '"nobody wants this"', taken: () => false })
    expect(await Promise.race([given, send()])).toBe('{}')
    expect(heard).not.toContain('nobody')
  })

  it('that the other side has closed are not used for what must not be lost', async () => {
    for (let time = 1; time <= 20; time++) {
      expect(await send({ mayBeLost: false })).toBe('{}')
      await new Promise<void>((sent) => sockets.at(-1)?.end(sent))
    }
    expect(sockets).toHaveLength(20)
  })

  it('are over after what nobody asked for', async () => {
    hear = (socket) => socket.write(TWO + TWO)
    expect(await send()).toBe('{}')
    expect(await send()).toBe('{}')
    expect(sockets).toHaveLength(2)
    hear = answer
    expect(await send()).toBe('{}')
    const last = sockets.at(-1)
    last?.write(TWO)
    await expect.poll(() => last?.destroyed).toBe(true)
    expect(await send()).toBe('{}')
    expect(sockets).toHaveLength(4)
  })

  it('break what they carry when they end before its answer does, and other requests get others', async () => {
    hear = (socket) => socket.end(TWO.slice(0, -1))
    expect(await send()).toBe('broke: the other side closed the connection')
    hear = (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{}')
    expect(await send()).toBe('{}')
    hear = (socket) => socket.resetAndDestroy()
    expect(await send()).toMatch(/^broke: .*ECONNRESET/)
    hear = answer
    expect(await send()).toBe('{}')
  })

  it('that cannot be made fail whoever waits for one', async () => {
    const { port } = origin
    connections.close()
    server.close()
    connections = open()
    expect(await Promise.all([send(), send({ mayBeLost: false })])).toEqual(
      Array(2).fill(expect.stringMatching(/^unsent: .*ECONNREFUSED/)),
    )
    await once(server.listen(Number(port), '127.0.0.1'), 'listening')
    expect(await send()).toBe('{}')
  })

  it('carry nothing once they are closed', async () => {
    hear = () => connections.close()
    expect(await send()).toMatch(/^broke/)
    expect(await send()).toMatch(/^unsent/)
  })
})

describe('the head of a request', () => {
  it.each(['a\r\nx-admin: yes', 'a\nb', 'a\0', 'é'])('has no line that a header brings: %j', (value) => {
    expect(() => requestWriter(origin)({ body: '{}', headers: { 'x-request-id': value } })).toThrow('cannot be sent')
  })

  it('has the path and the host of its address', () => {
    const text = requestWriter(new URL('https://services.example/booking/graphql?v=1'))({
      body: '{}',
      headers: { a: 'b' },
    })
    expect(text).toBe(
      'POST /booking/graphql?v=1 HTTP/1.1\r\nhost: services.example\r\ncontent-type: application/json\r\ncontent-length: 2\r\na: b\r\n\r\n{}',
    )
  })
})
