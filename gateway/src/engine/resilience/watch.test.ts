import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { createLog } from '@tikitu/runtime/log'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openUpstream, type Upstream } from '../planned/upstream.ts'

/** A subgraph in a thread of its own: it answers while nothing happens here, and says so in memory that both see. */
const SUBGRAPH = `
  const { createServer } = require('node:http')
  const { parentPort, workerData } = require('node:worker_threads')
  const answered = new Int32Array(workerData)
  const server = createServer((request, response) => {
    response.on('finish', () => {
      Atomics.store(answered, 0, 1)
      Atomics.notify(answered, 0)
    })
    request.resume().on('end', () => response.end('{"data":{"a":1}}'))
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

/** Long enough for a request on a machine that has little time for it. */
const TIMEOUT_MILLISECONDS = 1_500

let subgraph: Worker
let upstream: Upstream
const answered = new Int32Array(new SharedArrayBuffer(4))
beforeEach(async () => {
  subgraph = new Worker(SUBGRAPH, { eval: true, workerData: answered.buffer })
  const [port] = (await once(subgraph, 'message')) as [number]
  upstream = openUpstream(
    { name: 'booking', url: `http://127.0.0.1:${port}/graphql` },
    { timeoutMilliseconds: TIMEOUT_MILLISECONDS, answerBytesMax: 10_000, failuresMax: 1, restMilliseconds: 60_000 },
    createLog('gateway', 'silent'),
  )
})
afterEach(async () => {
  upstream.close()
  await subgraph.terminate()
})

const ask = () => {
  const waiting = { deadlineAt: performance.now() + 60_000, hasLeft: () => false }
  return upstream.ask({ body: '{}', headers: {}, isMutation: false, waiting }).then(String)
}

/** Does nothing at all, as a process does that its machine has no time for. */
function stall(milliseconds: number) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

it('takes the answer that has come while the whole process stood still, however long that was', async () => {
  expect(await ask()).toBe('{"data":{"a":1}}')
  Atomics.store(answered, 0, 0)
  const asked = ask()
  // The request leaves at once; then the answer comes, and is late before anybody could have read it.
  await turn()
  expect(Atomics.wait(answered, 0, 0, 10_000)).not.toBe('timed-out')
  stall(TIMEOUT_MILLISECONDS + 100)
  expect(await asked).toBe('{"data":{"a":1}}')
  expect(await ask()).toBe('{"data":{"a":1}}')
})
