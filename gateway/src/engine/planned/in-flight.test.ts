import { expect, it } from 'vitest'
import type { SubgraphCall } from '../resilience/exchange.ts'
import { InFlight } from './in-flight.ts'
import type { Upstream } from './upstream.ts'

/** A subgraph that counts its calls and answers each when it is told to. */
function setUp() {
  const calls: { call: SubgraphCall; answer: (text: string) => void; fail: (error: Error) => void }[] = []
  const upstream: Upstream = {
    ask: (call) =>
      new Promise<Buffer>((resolve, reject) => {
        calls.push({ call, answer: (text) => resolve(Buffer.from(text)), fail: reject })
      }),
    close: () => {},
  }
  return { calls, upstream, inFlight: new InFlight() }
}

const ME = { key: 'me here', owner: 'me' }
const ME_ELSEWHERE = { key: 'me elsewhere', owner: 'me' }
const YOU = { key: 'you', owner: 'you' }

function aCall(body: string, more: Partial<SubgraphCall> = {}): SubgraphCall {
  return { body, headers: {}, isMutation: false, waiting: { deadlineAt: 1_000, hasLeft: () => false }, ...more }
}

it('asks once what a caller asks twice at the same time', async () => {
  const { calls, upstream, inFlight } = setUp()
  const asked = [1, 2].map(() => inFlight.over('booking', upstream).ask(aCall('a'), ME))
  expect(calls).toHaveLength(1)
  calls[0]?.answer('1')
  expect((await Promise.all(asked)).map(String)).toEqual(['1', '1'])

  void inFlight.over('booking', upstream).ask(aCall('a'), ME)
  expect(calls).toHaveLength(2)
})

it('tells all who wait when it fails, and asks anew afterwards', async () => {
  const { calls, upstream, inFlight } = setUp()
  const asked = [1, 2].map(() => inFlight.over('booking', upstream).ask(aCall('a'), ME))
  calls[0]?.fail(new Error('broken'))
  for (const each of asked) await expect(each).rejects.toThrow('broken')

  void inFlight.over('booking', upstream).ask(aCall('a'), ME)
  expect(calls).toHaveLength(2)
})

it('shares nothing with other callers, other subgraphs or other requests', () => {
  const { calls, upstream, inFlight } = setUp()
  void inFlight.over('booking', upstream).ask(aCall('a'), ME)
  void inFlight.over('booking', upstream).ask(aCall('a'), YOU)
  void inFlight.over('payment', upstream).ask(aCall('a'), ME)
  void inFlight.over('booking', upstream).ask(aCall('b'), ME)
  void inFlight.over('booking', upstream).ask(aCall('a'), ME_ELSEWHERE)
  expect(calls).toHaveLength(5)
})

it('shares no mutation, and nothing across one', async () => {
  const { calls, upstream, inFlight } = setUp()
  void inFlight.over('booking', upstream).ask(aCall('a'), ME)
  const change = aCall('change', { isMutation: true })
  const changed = [1, 2].map(() => inFlight.over('payment', upstream).ask(change, ME))
  expect(calls).toHaveLength(3)
  void inFlight.over('booking', upstream).ask(aCall('a'), ME)
  expect(calls).toHaveLength(4)
  calls[1]?.answer('done')
  calls[2]?.answer('done')
  await Promise.all(changed)
  void inFlight.over('booking', upstream).ask(aCall('a'), ME)
  expect(calls).toHaveLength(5)
})

it('shares nothing across what the same person changed from elsewhere', async () => {
  const { calls, upstream, inFlight } = setUp()
  for (const caller of [ME, YOU]) void inFlight.over('booking', upstream).ask(aCall('a'), caller)
  const changed = inFlight.over('payment', upstream).ask(aCall('change', { isMutation: true }), ME_ELSEWHERE)
  calls[2]?.answer('done')
  await changed
  for (const caller of [ME, YOU]) void inFlight.over('booking', upstream).ask(aCall('a'), caller)
  expect(calls).toHaveLength(4)
  calls[0]?.answer('before')
  calls[3]?.answer('after')
  await Promise.resolve()
  void inFlight.over('booking', upstream).ask(aCall('a'), ME)
  expect(calls).toHaveLength(5)
})

it('goes on until the last who waits has left', () => {
  const { calls, upstream, inFlight } = setUp()
  const left = [false, false]
  for (const index of [0, 1]) {
    const waiting = { deadlineAt: 1_000, hasLeft: () => left[index] === true }
    void inFlight.over('booking', upstream).ask(aCall('a', { waiting }), ME)
  }
  const hasLeft = () => calls[0]?.call.waiting.hasLeft()
  left[0] = true
  expect(hasLeft()).toBe(false)
  left[1] = true
  expect(hasLeft()).toBe(true)
})

it('does not let a request wait for a call that will end long before its own time is up', () => {
  const { calls, upstream, inFlight } = setUp()
  const until = (deadlineAt: number) => aCall('a', { waiting: { deadlineAt, hasLeft: () => false } })
  void inFlight.over('booking', upstream).ask(until(1_000), ME)
  void inFlight.over('booking', upstream).ask(until(2_000), ME)
  expect(calls).toHaveLength(1)
  void inFlight.over('booking', upstream).ask(until(2_001), ME)
  expect(calls).toHaveLength(2)
})

it('tells requests from each other that end alike, and answers each with its own', async () => {
  const { calls, upstream, inFlight } = setUp()
  const end = 'x'.repeat(1_000)
  const booking = inFlight.over('booking', upstream)
  const asked = [`1${end}`, `2${end}`, `2${end}`].map((body) => booking.ask(aCall(body), ME))
  expect(calls.map(({ call }) => call.body[0])).toEqual(['1', '2'])
  calls[0]?.answer('one')
  calls[1]?.answer('two')
  expect((await Promise.all(asked)).map(String)).toEqual(['one', 'two', 'two'])
  void booking.ask(aCall(`2${end}`), ME)
  expect(calls).toHaveLength(3)
})
