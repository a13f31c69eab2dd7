import { expect, test, vi } from 'vitest'
import { waitFor } from '../testing/index.ts'
import { COMPLETE_FRAME, eventStream, frameReader, nextFrame } from './event-stream.ts'

test('frames come back as they were written, wherever they are cut', () => {
  const text = `:\n\n${nextFrame('{"data":"Zürich 🎟 \\n\\n"}')}:\n\n${nextFrame('{"data":2}')}${COMPLETE_FRAME}`
  const bytes = Buffer.from(text)
  const whole = [
    { event: 'next', data: '{"data":"Zürich 🎟 \\n\\n"}' },
    { event: 'next', data: '{"data":2}' },
    { event: 'complete', data: '' },
  ]
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const read = frameReader()
    const frames = []
    for (let from = 0; from < bytes.length; from += size) frames.push(...read(bytes.subarray(from, from + size)))
    expect(frames).toEqual(whole)
  }
})

test('no frame is made before the one before it was taken', async () => {
  let made = 0
  async function* frames() {
    for (;;) yield nextFrame(String(++made))
  }
  const onEnd = vi.fn<() => void>()
  const stream = eventStream(frames(), { keepAliveMilliseconds: 1_000, onEnd })
  const read = stream[Symbol.asyncIterator]()
  for (let taken = 0; taken < 10; taken++) await read.next()
  await new Promise((resolve) => setImmediate(resolve))
  // The first was a comment, and one frame waits to be taken.
  expect(made).toBeLessThanOrEqual(11)
  stream.destroy()
  await waitFor('the end to be told', () => onEnd.mock.calls.length === 1)
})

test('a reader that takes nothing is cut off', async () => {
  async function* frames() {
    yield nextFrame('1')
    await new Promise(() => {})
  }
  const onEnd = vi.fn<() => void>()
  const stream = eventStream(frames(), { keepAliveMilliseconds: 20, onEnd })
  const failure = new Promise((resolve) => stream.once('error', resolve))
  expect(await failure).toMatchObject({ message: 'the reader of an event stream takes nothing' })
  expect(onEnd).toHaveBeenCalledOnce()
})

test('frames that fail break the stream off', async () => {
  // oxlint-disable-next-line require-yield -- it never comes to that
  async function* frames(): AsyncGenerator<string> {
    throw new Error('lost')
  }
  const stream = eventStream(frames(), { keepAliveMilliseconds: 1_000, onEnd: () => {} })
  await expect(stream.toArray()).rejects.toThrow('lost')
})

test('whoever makes frames lets go when the stream is over, though the last one was never taken', async () => {
  let hasLetGo = false
  async function* frames() {
    try {
      for (;;) yield nextFrame('1')
    } finally {
      hasLetGo = true
    }
  }
  const stream = eventStream(frames(), { keepAliveMilliseconds: 1_000, onEnd: () => {} })
  await stream[Symbol.asyncIterator]().next()
  await new Promise((resolve) => setImmediate(resolve))
  stream.destroy()
  await waitFor('the frames to be let go', () => hasLetGo)
})
