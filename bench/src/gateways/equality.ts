import { inspect, isDeepStrictEqual } from 'node:util'
import { openClient } from './client.ts'
import type { Operation } from './operations.ts'

/** One request and what was answered. */
export interface Exchange {
  readonly operation: Operation
  readonly number: number
  readonly body: string
}

/** Sends the request of this number over a connection of its own. */
export async function exchange(
  { port, head }: { port: number; head: string },
  operation: Operation,
  number: number,
): Promise<Exchange> {
  const text = operation.body(number)
  const request = Buffer.from(`${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const client = openClient(port, reject)
  client.send(request, ({ status, body }) => {
    if (status === 200) resolve(body.toString())
    else reject(new Error(`${status}: ${body.toString()}`))
  })
  try {
    return { operation, number, body: await promise }
  } finally {
    client.close()
  }
}

/** Throws with the first difference unless the two are the same data, and all of it: no errors. */
export function assertSame(one: { by: string; body: string }, other: { by: string; body: string }, what: string): void {
  const difference = firstDifference(dataIn(one, what), dataIn(other, what), ['data'])
  if (!difference) return
  const { path, left, right } = difference
  throw new Error(
    `${what}: at ${path.join('.')} ${one.by} says ${inspect(left, { depth: 2 })} and ${other.by} says ${inspect(right, { depth: 2 })}`,
  )
}

function dataIn({ by, body }: { by: string; body: string }, what: string): unknown {
  const answer: unknown = JSON.parse(body)
  if (!isRecord(answer) || answer['errors'] || !isRecord(answer['data'])) {
    throw new Error(`${what}: ${by} answers ${body.slice(0, 2_000)}`)
  }
  return answer['data']
}

function firstDifference(
  left: unknown,
  right: unknown,
  path: string[],
): { path: string[]; left: unknown; right: unknown } | undefined {
  if (isDeepStrictEqual(left, right)) return undefined
  if (!isRecord(left) || !isRecord(right)) return { path, left, right }
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const difference = firstDifference(left[key], right[key], [...path, key])
    if (difference) return difference
  }
  return { path, left, right }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
