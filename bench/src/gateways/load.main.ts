// The load generator, a process of its own: it runs what its parent sends it, one load at a time.
import { openClient } from './client.ts'
import { operationNamed, type Operation } from './operations.ts'
import type { Load, LoadMessage } from './load.ts'

/** One answer in so many is kept and compared. */
const KEEP_EVERY = 499
const KEPT_MAX = 5

const ERRORS = Buffer.from('"errors":')

process.on('message', (load: Load) => {
  run(load).then(tell, (error: unknown) => tell({ type: 'failed', message: String(error) }))
})
process.once('disconnect', () => process.exit())

function tell(message: LoadMessage): void {
  process.send?.(message)
}

async function run(load: Load): Promise<LoadMessage> {
  const operation = operationNamed(load.operation)
  const { promise: broken, reject } = Promise.withResolvers<never>()
  const latencies: number[] = []
  const kept: { number: number; body: string }[] = []
  let number = load.firstNumber
  let measuring = false
  let over = false

  const clients = load.headers.map((headers) => {
    const client = openClient(load.port, reject)
    const request = requestsOf(operation, headers)
    const next = () => {
      const asked = number
      number += 1
      const sentAt = performance.now()
      client.send(request(asked), ({ status, body }) => {
        if (over) return
        if (status !== 200 || body.includes(ERRORS)) return reject(new Error(`${status}: ${body.toString()}`))
        if (measuring) {
          latencies.push(performance.now() - sentAt)
          if (latencies.length % KEEP_EVERY === 0 && kept.length < KEPT_MAX) {
            kept.push({ number: asked, body: body.toString() })
          }
        }
        next()
      })
    }
    next()
    return client
  })

  try {
    await Promise.race([after(load.warmUpSeconds), broken])
    measuring = true
    const startedAt = performance.now()
    const cpuBefore = process.cpuUsage()
    tell({ type: 'begun' })
    await Promise.race([after(load.seconds), broken])
    over = true
    const cpu = process.cpuUsage(cpuBefore)
    if (latencies.length === 0) throw new Error(`No answer in ${load.seconds} s.`)
    return {
      type: 'ended',
      seconds: (performance.now() - startedAt) / 1000,
      requests: latencies.length,
      ...percentiles(latencies),
      cpuMilliseconds: (cpu.user + cpu.system) / 1000,
      kept,
    }
  } finally {
    over = true
    for (const client of clients) client.close()
  }
}

/** The requests of one caller; made beforehand when there are only so many. */
function requestsOf({ variants, body }: Operation, headers: string): (number: number) => Buffer {
  const make = (number: number) => {
    const text = body(number)
    return Buffer.from(`${headers}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }
  if (!Number.isFinite(variants)) return make
  const made = Array.from({ length: variants }, (_, number) => make(number))
  return (number) => made[number % variants] ?? make(number)
}

function percentiles(latencies: readonly number[]): { p50: number; p99: number } {
  const sorted = Float64Array.from(latencies).toSorted()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { p50: at(0.5), p99: at(0.99) }
}

function after(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
