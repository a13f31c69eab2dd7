import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { serverInTurns } from './turns.ts'

const REQUEST = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'

let server: Server
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  server.close()
  await once(server, 'close')
})

async function listen(made: Server) {
  server = made
  await once(server.listen(0, '127.0.0.1'), 'listening')
}

function open(): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  sockets.add(socket)
  return socket.on('error', () => socket.destroy())
}

/** Somebody who is connected, and always wants something. */
function regular(): Promise<unknown> {
  const socket = open()
  socket.write(REQUEST)
  socket.on('data', () => socket.write(REQUEST))
  return once(socket, 'data')
}

const MILLISECONDS = 1

/** Keeps the process busy, as a real request does, and counts. */
function busy(counted: { requests: number }): RequestListener {
  return (_request, response) => {
    counted.requests += 1
    const until = performance.now() + MILLISECONDS
    while (performance.now() < until);
    response.end()
  }
}

const REGULARS = 60
const NEWCOMERS = 16

/** How many requests of those who are connected are answered until all newcomers are. */
async function answeredMeanwhile(made: (begin: RequestListener) => Server): Promise<number> {
  const counted = { requests: 0 }
  await listen(made(busy(counted)))
  await Promise.all(Array.from({ length: REGULARS }, regular))
  const before = counted.requests
  await Promise.all(
    Array.from({ length: NEWCOMERS }, () => {
      const socket = open()
      socket.write(REQUEST)
      return once(socket, 'data')
    }),
  )
  return counted.requests - before - NEWCOMERS
}

it('lets newcomers in while those who are connected want more than it can do', { timeout: 60_000 }, async () => {
  // Every newcomer waits for one turn of everybody at most, and then for those who came together with them.
  expect(await answeredMeanwhile(serverInTurns)).toBeLessThan(4 * REGULARS)
})

it('is needed: Node by itself lets one in when everybody has had a turn', { timeout: 60_000 }, async () => {
  expect(await answeredMeanwhile((begin) => createServer(begin))).toBeGreaterThan((NEWCOMERS / 2) * REGULARS)
})

it('begins requests in the order in which they came', async () => {
  const begun: (string | undefined)[] = []
  await listen(
    serverInTurns((request, response) => {
      begun.push(request.url)
      response.end()
    }),
  )
  const socket = open()
  const urls = Array.from({ length: 200 }, (_, number) => `/${number}`)
  socket.write(urls.map((url) => REQUEST.replace('/', url)).join(''))
  await expect.poll(() => begun.length, { timeout: 10_000 }).toBe(urls.length)
  expect(begun).toEqual(urls)
})

it('begins each of any number of requests once that one connection brings without waiting', async () => {
  const begun = new Map<string | undefined, number>()
  await listen(
    serverInTurns((request, response) => {
      begun.set(request.url, (begun.get(request.url) ?? 0) + 1)
      response.end()
    }),
  )
  const socket = open()
  socket.resume()
  const many = 30_000
  socket.write(Array.from({ length: many }, (_, number) => REQUEST.replace('/', `/${number}`)).join(''))
  await expect.poll(() => begun.size, { timeout: 20_000 }).toBe(many)
  expect([...new Set(begun.values())]).toEqual([1])
})

it('begins nothing for clients who left while they waited, and everything for the others', async () => {
  const begun: (string | undefined)[] = []
  const arrived: IncomingMessage[] = []
  await listen(
    serverInTurns((request, response) => {
      begun.push(request.url)
      response.end()
    }),
  )
  server.on('request', (request: IncomingMessage) => {
    arrived.push(request)
    if (request.url === '/leaves') request.socket.destroy()
  })
  for (const path of ['/leaves', '/stays']) open().write(REQUEST.replace('/', path))
  await expect.poll(() => arrived.length, { timeout: 10_000 }).toBe(2)
  await expect.poll(() => begun, { timeout: 10_000 }).toContain('/stays')
  const last = open()
  last.write(REQUEST.replace('/', '/last'))
  await once(last, 'data')
  expect(begun).toEqual(['/stays', '/last'])
})
