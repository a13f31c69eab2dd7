import { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** The media type of Server-Sent Events. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8'

/** Headers of every event stream: no cache and no proxy may keep any of it back. */
export const EVENT_STREAM_HEADERS = { 'cache-control': 'no-store', 'x-accel-buffering': 'no' } as const

/** One result, as `graphql-sse` writes it. `json` is the text of a GraphQL answer. */
export const nextFrame = (json: string) => `event: next\ndata: ${json}\n\n`

/** The last frame: there is nothing more to come, and a client need not ask again. */
export const COMPLETE_FRAME = 'event: complete\ndata:\n\n'

const COMMENT = ':\n\n'

/** How an event stream is kept. */
export interface EventStreamOptions {
  /** A comment is sent so often, so that both ends notice when the other is gone, in milliseconds. */
  readonly keepAliveMilliseconds: number
  /** Called once when the stream is over, for whatever reason: whoever makes the frames stops. */
  readonly onEnd: () => void
}

/**
 * The body of an event stream. Frames are asked for when the reader has taken those before; a reader that takes nothing
 * from one keep-alive to the next is cut off, so nothing piles up. When the frames fail, the stream breaks off.
 */
export function eventStream(
  frames: AsyncIterator<string>,
  { keepAliveMilliseconds, onEnd }: EventStreamOptions,
): Readable {
  let asking = false
  let hasTaken = true
  const stream = new Readable({
    highWaterMark: 1,
    read() {
      if (asking) return
      asking = true
      frames.next().then(
        ({ done, value }) => {
          asking = false
          stream.push(done ? null : value)
        },
        (error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))),
      )
    },
    destroy(error, done) {
      clearInterval(keepAlive)
      onEnd()
      void letGo(frames)
      done(error)
    },
  })
  // The first one makes the headers leave.
  stream.push(COMMENT)
  const keepAlive = setInterval(() => {
    if (!hasTaken && stream.readableLength > 0) {
      stream.destroy(new Error('the reader of an event stream takes nothing'))
      return
    }
    hasTaken = stream.readableLength === 0
    if (hasTaken) stream.push(COMMENT)
  }, keepAliveMilliseconds)
  return stream
}

/** Frames that wait to be taken never will be: whoever makes them lets go of what they hold. */
async function letGo(frames: AsyncIterator<string>): Promise<void> {
  try {
    await frames.return?.()
  } catch {
    // They failed, which is how the stream came to its end; nobody is left to be told.
  }
}

/** A frame of an event stream, as it was read. */
export interface Frame {
  readonly event: string
  readonly data: string
}

/** Reads what `eventStream` writes, from chunks that are cut anywhere. Comments are no frames. */
export function frameReader(): (chunk: Buffer) => Frame[] {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return (chunk) => {
    const blocks = (rest + decoder.write(chunk)).split('\n\n')
    rest = blocks.pop() ?? ''
    return blocks.flatMap((block) => {
      const lines = block.split('\n')
      const valueOf = (field: string) =>
        lines
          .filter((line) => line.startsWith(`${field}:`))
          .map((line) => line.slice(field.length + 1).trimStart())
          .join('\n')
      const event = valueOf('event')
      return event ? [{ event, data: valueOf('data') }] : []
    })
  }
}
