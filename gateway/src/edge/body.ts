import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestRefused } from './errors.ts'

/**
 * Up to this size a body that is too large is read to its end and thrown away, in bytes: a client that is cut off
 * while it sends sees a reset connection and never our answer.
 */
const DISCARDED_BYTES_MAX = 64 * 1024 * 1024

const notJson = () => new RequestRefused(415, 'Send the request as application/json, not compressed.')

/** Accepts JSON of at most `bytesMax` and nothing else. */
export function addJsonBodies(app: FastifyInstance, bytesMax: number): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', (request, payload, done) => {
    readBody(request, payload, bytesMax).then((text) => parse(request, text, done), done)
  })
  app.addContentTypeParser('*', (_request, payload, done) => {
    discard(payload).then(() => done(notJson()), done)
  })
}

async function readBody(request: FastifyRequest, payload: IncomingMessage, bytesMax: number): Promise<string> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    await discard(payload)
    throw notJson()
  }
  const chunks: Buffer[] = []
  let bytes = 0
  await consume(payload, (chunk) => {
    bytes += chunk.length
    if (bytes <= bytesMax) chunks.push(chunk)
    else chunks.length = 0
    return bytes <= DISCARDED_BYTES_MAX
  })
  if (bytes > bytesMax) throw new RequestRefused(413, `The request body is larger than ${bytesMax} bytes.`)
  return Buffer.concat(chunks).toString('utf8')
}

async function discard(payload: IncomingMessage): Promise<void> {
  let bytes = 0
  await consume(payload, (chunk) => (bytes += chunk.length) <= DISCARDED_BYTES_MAX)
}

/** Hands every chunk on until there are no more, or `take` wants no more. */
function consume(payload: IncomingMessage, take: (chunk: Buffer) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    payload.on('data', (chunk: Buffer) => {
      if (take(chunk)) return
      payload.pause()
      resolve()
    })
    payload.once('end', resolve)
    // The client hung up, or what it sent stopped being HTTP: neither is a failure of ours.
    payload.once('error', () => reject(new RequestRefused(400, 'The request broke off.')))
  })
}
