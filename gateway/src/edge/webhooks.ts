import { Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import { timeoutSignal } from '@tikitu/runtime/timeout'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { Budget } from './budget.ts'
import { RequestRefused } from './errors.ts'

/** The largest webhook that is passed on, in bytes. What providers send about payments has a few thousand. */
const BODY_BYTES_MAX = 65_536

/** How many webhooks one address may send at once, and how many each second: more than sales at a rush. */
const ALLOWANCE = { points: 2_000, pointsPerSecond: 500 }

/** How many are passed on at the same time. Providers send again what they are sent away with. */
const UNDER_WAY_MAX = 64

/** How long the payment service may take, in milliseconds. Providers wait some ten seconds. */
const PASS_MILLISECONDS = 8_000

/**
 * `POST /webhooks/:provider`: what payment providers tell by themselves. They have no token; the payment service alone
 * gets the bytes exactly as they came, and decides by their signature whether anybody listens. Nothing is read here.
 */
export function addWebhooks(app: FastifyInstance, config: GatewayConfig): void {
  const budget = new Budget(ALLOWANCE)
  let underWay = 0

  const admit = (request: FastifyRequest, reply: FastifyReply): void => {
    const { granted, waitSeconds } = budget.take(request.ip, 1)
    if (granted && underWay < UNDER_WAY_MAX) return
    void reply.header('retry-after', Math.max(1, Math.ceil(waitSeconds)))
    throw new Fault('UNAVAILABLE', 'There are too many webhooks. Please send this one again.')
  }

  const pass = async (provider: string, request: FastifyRequest, reply: FastifyReply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const signature = request.headers['stripe-signature']
    const headers = {
      'content-type': 'application/octet-stream',
      [IDENTITY_HEADER]: signIdentity(serviceIdentity('gateway', request.id), config.identitySecret),
      'x-request-id': request.id,
      ...(typeof signature === 'string' ? { 'stripe-signature': signature } : {}),
    }
    const init = { method: 'POST', headers, body: new Uint8Array(body), signal: timeoutSignal(PASS_MILLISECONDS) }
    const answer = await fetch(`${config.serviceUrls.payment}/webhooks/${provider}`, init).catch((cause: unknown) => {
      throw new Fault('UNAVAILABLE', 'Webhooks cannot be taken right now. Please send this one again.', { cause })
    })
    const text = await answer.text()
    // What is wrong inside is nobody's business; that it is to be sent again is.
    if (answer.status >= 500) throw new Fault('UNAVAILABLE', 'Please send this webhook again.')
    return reply.code(answer.status).type('application/json; charset=utf-8').send(text)
  }

  void app.register(async (webhooks) => {
    webhooks.removeAllContentTypeParsers()
    webhooks.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) =>
      done(null, body),
    )
    webhooks.setErrorHandler((error, request) => {
      if (isTooLarge(error)) request.log.warn({ bytesMax: BODY_BYTES_MAX }, 'a webhook was refused: it is too large')
      throw error
    })
    webhooks.post<{ Params: { provider: string } }>('/webhooks/:provider', async (request, reply) => {
      const { provider } = request.params
      if (!/^[a-z]{1,20}$/.test(provider)) throw new RequestRefused(404, 'There is no such provider.')
      admit(request, reply)
      underWay += 1
      try {
        return await pass(provider, request, reply)
      } finally {
        underWay -= 1
      }
    })
  })
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 413
}
