import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { timeoutSignal } from './timeout.ts'

/** A server in a thread of its own: it answers while nothing happens here, and says so in memory that both see. */
const SERVER = `
  const { createServer } = require('node:http')
  const { parentPort, workerData } = require('node:worker_threads')
  const answered = new Int32Array(workerData)
  const server = createServer((request, response) => {
    if (request.url === '/never') return
    response.on('finish', () => {
      Atomics.store(answered, 0, 1)
      Atomics.notify(answered, 0)
    })
    response.end('"here"')
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

/** Long enough for a request on a machine that has little time for it. */
const TIMEOUT_MILLISECONDS = 1_500

let server: Worker
let origin: string
const answered = new Int32Array(new SharedArrayBuffer(4))
beforeEach(async () => {
  server = new Worker(SERVER, { eval: true, workerData: answered.buffer })
  const [port] = (await once(server, 'message')) as [number]
  origin = `http://127.0.0.1:${port}`
})
afterEach(() => server.terminate())

it('ends what takes too long, as a time-out', async () => {
  const asked = fetch(`${origin}/never`, { signal: timeoutSignal(20) })
  await expect(asked).rejects.toMatchObject({ name: 'TimeoutError', message: 'no answer in 20 ms' })
})

it('lets count what has come while the whole process stood still', async () => {
  const ask = async () => (await fetch(origin, { signal: timeoutSignal(TIMEOUT_MILLISECONDS) })).json()
  expect(await ask()).toBe('here')
  Atomics.store(answered, 0, 0)
  const asked = ask()
  // The request leaves; then the answer comes, and is late before anybody could have read it.
  while (Atomics.load(answered, 0) === 0) {
    await turn()
    Atomics.wait(answered, 0, 0, 5)
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TIMEOUT_MILLISECONDS + 100)
  expect(await asked).toBe('here')
})
