import { Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import { timeoutSignal } from '@tikitu/runtime/timeout'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { GatewayConfig } from '../config.ts'

/** The largest picture that is passed on, in bytes. The booking service says what is taken. */
const BODY_BYTES_MAX = 5 * 1024 * 1024

/** How long the service may take to keep or to send a picture, in milliseconds. */
const PASS_MILLISECONDS = 15_000

/** What of the service's answer is told to clients. */
const PASSED_HEADERS = ['content-type', 'cache-control', 'etag', 'location']

/** What of a request is passed on. */
interface Passed {
  readonly method: 'GET' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer>
}

/**
 * `/media`: pictures of events, which are kept by the booking service. Whoever has a signed address may bring one, and
 * everybody may look at one: neither needs a token, and neither is told to the service as anybody's doing.
 */
export function addMedia(app: FastifyInstance, config: GatewayConfig): void {
  const pass = async (url: string, requestId: string, init: Passed, reply: FastifyReply) => {
    const statement = signIdentity(serviceIdentity('gateway', requestId), config.identitySecret)
    const headers = { ...init.headers, [IDENTITY_HEADER]: statement, 'x-request-id': requestId }
    const signal = timeoutSignal(PASS_MILLISECONDS)
    const answer = await fetch(`${config.serviceUrls.booking}${url}`, { ...init, headers, signal }).catch(
      (cause: unknown) => {
        throw new Fault('UNAVAILABLE', 'Pictures cannot be reached right now. Please try again.', { cause })
      },
    )
    for (const name of PASSED_HEADERS) {
      const value = answer.headers.get(name)
      if (value !== null) void reply.header(name, value)
    }
    const body = Buffer.from(await answer.arrayBuffer())
    return reply.code(answer.status).send(answer.status === 304 ? undefined : body)
  }

  void app.register(async (media) => {
    media.removeAllContentTypeParsers()
    media.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) =>
      done(null, body),
    )
    media.put<{ Querystring: { grant?: unknown } }>('/media/uploads', (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const headers = { 'content-type': request.headers['content-type'] ?? '' }
      const url = `/media/uploads?grant=${encodeURIComponent(String(request.query.grant))}`
      return pass(url, request.id, { method: 'PUT', headers, body: new Uint8Array(body) }, reply)
    })
    media.get<{ Params: { id: string } }>('/media/:id', (request, reply) => {
      // Other sites may show them; nobody may run what calls itself a picture.
      void reply.headers({
        'cross-origin-resource-policy': 'cross-origin',
        'content-security-policy': "default-src 'none'; sandbox",
      })
      const known = request.headers['if-none-match']
      const headers: Record<string, string> = known === undefined ? {} : { 'if-none-match': known }
      return pass(`/media/${encodeURIComponent(request.params.id)}`, request.id, { method: 'GET', headers }, reply)
    })
  })
}
