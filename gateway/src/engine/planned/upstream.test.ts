import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLog } from '@tikitu/runtime/log'
import { stopwatch } from '@tikitu/runtime/testing/stopwatch'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SubgraphLimits } from '../engine.ts'
import { SubgraphCallFailed } from '../resilience/call-failed.ts'
import { openUpstream, type Upstream } from './upstream.ts'

/** A subgraph that behaves as a test wants, and remembers what it was asked. */
let answer: RequestListener
let asked = 0
let brokenOff = 0
let server: Server
let upstream: Upstream
beforeEach(async () => {
  asked = 0
  brokenOff = 0
  answer = fine
  server = createServer((request, response) => {
    asked++
    response.on('close', () => (brokenOff += response.writableFinished ? 0 : 1))
    answer(request, response)
  })
  await listen()
  upstream = open()
})
afterEach(async () => {
  upstream.close()
  await stop()
})

const LIMITS: SubgraphLimits = {
  timeoutMilliseconds: 5_000,
  answerBytesMax: 10_000,
  failuresMax: 100,
  restMilliseconds: 300,
}

async function listen(port = 0) {
  await once(server.listen(port, '127.0.0.1'), 'listening')
}

async function stop() {
  server.closeAllConnections()
  if (server.listening) await once(server.close(), 'close')
}

const port = () => (server.address() as AddressInfo).port

function open(limits: Partial<SubgraphLimits> = {}, at = port()) {
  const url = `http://127.0.0.1:${at}/graphql`
  return openUpstream({ name: 'booking', url }, { ...LIMITS, ...limits }, createLog('gateway', 'silent'))
}

/** The same with other limits. */
function reopen(limits: Partial<SubgraphLimits>) {
  upstream.close()
  upstream = open(limits)
}

interface Asking {
  readonly isMutation?: boolean
  readonly milliseconds?: number
  readonly hasLeft?: () => boolean
}

function ask({ isMutation = false, milliseconds = 60_000, hasLeft = () => false }: Asking = {}) {
  const waiting = { deadlineAt: performance.now() + milliseconds, hasLeft }
  return upstream.ask({ body: '{}', headers: {}, isMutation, waiting }).then(String)
}

/** How a call fails: why, and whether it may have arrived. */
async function failureOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof SubgraphCallFailed)) throw error
  return [error.failure, error.mayHaveArrived]
}

/** Until all that waits was surely looked at again. */
function untilLookedAt() {
  const since = performance.now()
  return expect.poll(() => performance.now() - since).toBeGreaterThan(150)
}

const GOOD = '{"data":{"a":1}}'
const fine: RequestListener = (_request, response) => response.end(GOOD)
const html: (status: number) => RequestListener = (status) => (_request, response) =>
  response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Sorry</h1>')
const never: RequestListener = () => {}
const cut: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-length': 100 }).write('{"data":{')
  setImmediate(() => response.destroy())
}

describe('a call', () => {
  it('is answered with what the subgraph said', async () => {
    expect(await ask()).toBe(GOOD)
  })

  it.each([
    ['never begins to answer', never],
    ['never ends', (_request, response) => response.writeHead(200).write('{"data":')],
    [
      'answers a byte at a time',
      (_request, response) => {
        const drip = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(drip))
      },
    ],
  ] satisfies [string, RequestListener][])(
    'is broken off after its time by a subgraph that %s',
    async (_, behaviour) => {
      answer = behaviour
      reopen({ timeoutMilliseconds: 200 })
      const started = performance.now()
      expect(await failureOf(ask())).toEqual(['TIMEOUT', true])
      expect(performance.now() - started).toBeGreaterThanOrEqual(200)
      await expect.poll(() => [asked, brokenOff]).toEqual([1, 1])
    },
  )

  it('has no more time than its request has left, and is not made when there is none', async () => {
    answer = never
    const watch = stopwatch()
    expect(await failureOf(ask({ milliseconds: 700 }))).toEqual(['TIMEOUT', true])
    expect(watch.milliseconds()).toBeLessThan(4_000)
    expect(await failureOf(ask({ milliseconds: 0 }))).toEqual(['TIMEOUT', false])
    expect(asked).toBe(1)
  })

  it('takes no answer that is too large, and does not ask for it twice', async () => {
    answer = (_request, response) => response.end(JSON.stringify({ data: 'x'.repeat(20_000) }))
    reopen({ failuresMax: 1 })
    expect(await failureOf(ask())).toEqual(['TOO_LARGE', true])
    expect(asked).toBe(1)
    expect(await failureOf(ask())).toEqual(['TOO_LARGE', true])
    answer = fine
    expect(await ask()).toBe(GOOD)
  })

  it('that waits for a connection until its time is up is never sent', async () => {
    answer = never
    reopen({ timeoutMilliseconds: 2_000 })
    const busy = Array.from({ length: 64 }, () => failureOf(ask({ isMutation: true })))
    await expect.poll(() => asked).toBe(64)
    expect(await failureOf(ask({ isMutation: true, milliseconds: 100 }))).toEqual(['TIMEOUT', false])
    expect(await failureOf(ask({ milliseconds: 100 }))).toEqual(['TIMEOUT', false])
    answer = fine
    server.closeAllConnections()
    await Promise.all(busy)
    expect(await ask()).toBe(GOOD)
    expect(asked).toBe(65)
  })
})

describe('a query is asked again', () => {
  it.each([
    ['its connection breaks', cut],
    ['a proxy says 502', html(502)],
    ['a proxy says 503', html(503)],
    ['a proxy says 504', html(504)],
  ])('when %s, and answered by the second', async (_, behaviour) => {
    answer = (request, response) => (asked === 1 ? behaviour : fine)(request, response)
    expect(await ask()).toBe(GOOD)
    expect(asked).toBe(2)
  })

  it('twice at most', async () => {
    answer = cut
    expect(await failureOf(ask())).toEqual(['BROKEN', true])
    expect(asked).toBe(3)
  })

  it('not when there is no time for it', async () => {
    reopen({ timeoutMilliseconds: 1_000 })
    answer = (request, response) => void setTimeout(() => html(503)(request, response), 985)
    expect((await failureOf(ask()))[0]).toMatch(/BAD_STATUS|TIMEOUT/)
    expect(asked).toBeLessThanOrEqual(1)
  })

  it.each([
    ['a fault of its own', html(500), 'BAD_STATUS'],
    ['the time', never, 'TIMEOUT'],
  ])('not after %s', async (_, behaviour, failure) => {
    answer = behaviour
    reopen({ timeoutMilliseconds: 1_000 })
    expect(await failureOf(ask())).toEqual([failure, true])
    expect(asked).toBe(1)
  })

  it('not when the subgraph itself said no', async () => {
    const no = '{"errors":[{"message":"Later."}]}'
    answer = (_request, response) => response.writeHead(503).end(no)
    expect(await ask()).toBe(no)
    expect(asked).toBe(1)
  })
})

describe('a mutation', () => {
  it.each([
    ['its connection breaks', cut, 'BROKEN'],
    ['a proxy says 503', html(503), 'BAD_STATUS'],
  ])('is sent once when %s', async (_, behaviour, failure) => {
    answer = behaviour
    expect(await failureOf(ask({ isMutation: true }))).toEqual([failure, true])
    expect(asked).toBe(1)
  })

  it('is surely not done when nobody listens', async () => {
    await stop()
    expect(await failureOf(ask({ isMutation: true }))).toEqual(['NO_CONNECTION', false])
  })

  it('is sent when somebody listens a moment later', async () => {
    const at = port()
    await stop()
    const [answered] = await Promise.all([ask({ isMutation: true }), listen(at)])
    expect(answered).toBe(GOOD)
    expect(asked).toBe(1)
  })

  it('goes on when its time is up', async () => {
    const { promise: late, resolve: finish } = Promise.withResolvers<void>()
    let finished = 0
    answer = (_request, response) => {
      response.on('finish', () => finished++)
      void late.then(() => response.end(GOOD))
    }
    expect(await failureOf(ask({ isMutation: true, milliseconds: 100 }))).toEqual(['TIMEOUT', true])
    await untilLookedAt()
    expect(brokenOff).toBe(0)
    finish()
    await expect.poll(() => finished).toBe(1)
    expect(brokenOff).toBe(0)
  })

  it('does not keep its connection for ever', async () => {
    answer = never
    reopen({ timeoutMilliseconds: 150 })
    expect(await failureOf(ask({ isMutation: true }))).toEqual(['TIMEOUT', true])
    await expect.poll(() => brokenOff).toBe(1)
  })
})

describe('when the client leaves', () => {
  it('a query is broken off, and not even begun when it left before', async () => {
    answer = never
    let left = false
    const failure = failureOf(ask({ hasLeft: () => left }))
    await expect.poll(() => asked).toBe(1)
    left = true
    expect(await failure).toEqual(['CLIENT_LEFT', true])
    await expect.poll(() => brokenOff).toBe(1)
    expect(await failureOf(ask({ hasLeft: () => true }))).toEqual(['CLIENT_LEFT', false])
    expect(asked).toBe(1)
  })

  it('between two attempts, whoever has its connection by then is answered', async () => {
    const outcomes: string[] = []
    for (let time = 0; time < 10; time++) {
      answer = html(503)
      let left = false
      const before = asked
      const leaving = ask({ hasLeft: () => left }).catch(String)
      await expect.poll(() => asked, { interval: 1 }).toBeGreaterThan(before)
      await new Promise((resolve) => setTimeout(resolve, 5))
      answer = (_request, response) => void setTimeout(() => response.end(GOOD), 100)
      left = true
      outcomes.push(await ask({ isMutation: true }).catch(String))
      await leaving
    }
    expect(outcomes).toEqual(outcomes.map(() => GOOD))
  })

  it('a mutation goes on', async () => {
    const { promise: late, resolve: finish } = Promise.withResolvers<void>()
    answer = (_request, response) => void late.then(() => response.end(GOOD))
    let looks = 0
    const answered = ask({ isMutation: true, hasLeft: () => ++looks > 0 })
    await expect.poll(() => asked).toBe(1)
    finish()
    expect(await answered).toBe(GOOD)
    expect(brokenOff).toBe(0)
  })
})

describe('a subgraph that keeps failing', () => {
  /** Lets it fail until it is left alone for that long. */
  const fail = async (restMilliseconds: number) => {
    reopen({ failuresMax: 2, restMilliseconds })
    answer = html(500)
    await failureOf(ask())
    await failureOf(ask())
    asked = 0
  }
  /** Asks until a call reaches the subgraph, and gives that call. */
  const trial = async (hasLeft = () => false) => {
    const arrived = once(server, 'request')
    for (;;) {
      const call = ask({ hasLeft }).catch(() => 'failed')
      await Promise.race([call, arrived])
      if (asked > 0) return { answered: call }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  /** Longer than a test. */
  const FOREVER = 600_000
  /** Short enough to wait for, and longer than a machine stands still between two calls. */
  const SHORT = 2_000

  it('is left alone, and its calls surely did nothing', async () => {
    await fail(FOREVER)
    expect(await failureOf(ask())).toEqual(['LEFT_ALONE', false])
    expect(await failureOf(ask({ isMutation: true }))).toEqual(['LEFT_ALONE', false])
    expect(asked).toBe(0)
  })

  it('is tried by one call after its rest, and left alone again when that fails', async () => {
    await fail(SHORT)
    expect(await (await trial()).answered).toBe('failed')
    expect(await failureOf(ask())).toEqual(['LEFT_ALONE', false])
    expect(asked).toBe(1)
  })

  it('is asked by all once the call that tried is answered; until then nobody waits', async () => {
    await fail(300)
    const { promise: late, resolve: finish } = Promise.withResolvers<void>()
    answer = (_request, response) => void late.then(() => response.end(GOOD))
    const { answered } = await trial()
    expect(await failureOf(ask())).toEqual(['LEFT_ALONE', false])
    finish()
    expect(await answered).toBe(GOOD)
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([GOOD, GOOD, GOOD])
  })

  it('is tried even for a client who leaves, so that leaving cannot keep it away from others', async () => {
    await fail(300)
    const { promise: late, resolve: finish } = Promise.withResolvers<void>()
    answer = (_request, response) => void late.then(() => response.end(GOOD))
    let left = false
    const { answered } = await trial(() => left)
    left = true
    await untilLookedAt()
    finish()
    expect(await answered).toBe(GOOD)
    expect(await ask()).toBe(GOOD)
  })

  it.each([
    [
      'says what is wrong in GraphQL',
      (_request, response) => response.writeHead(500).end('{"errors":[{"message":"No."}]}'),
    ],
    ['refuses what it is sent', html(404)],
  ] satisfies [string, RequestListener][])('is another than one that %s', async (_, behaviour) => {
    reopen({ failuresMax: 2 })
    answer = behaviour
    for (let call = 0; call < 5; call++) await ask()
    expect(asked).toBe(5)
  })

  it('is another than one that was given too little time', async () => {
    reopen({ failuresMax: 2 })
    answer = never
    for (let call = 0; call < 4; call++) await failureOf(ask({ milliseconds: 50 }))
    answer = fine
    expect(await ask()).toBe(GOOD)
  })

  it('is another than one that fails now and then', async () => {
    reopen({ failuresMax: 2 })
    for (let call = 0; call < 6; call++) {
      answer = call % 2 === 0 ? html(500) : fine
      await ask().catch(() => undefined)
    }
    expect(asked).toBe(6)
  })
})
