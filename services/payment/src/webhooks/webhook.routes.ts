import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ServiceParts } from '@tikitu/runtime/serve'
import { PROVIDER_NAMES, WebhookForged, type Providers } from '../providers/provider.ts'
import { WEBHOOK_BYTES_MAX } from './webhook.rules.ts'
import { receiveWebhook } from './webhooks.ts'

/**
 * `POST /webhooks/:provider`, where the gateway passes on what providers send. The bytes are kept as they came, because
 * these are what was signed. Whatever is not signed, or long ago, is refused with a line in the log and nothing else.
 */
export function addWebhooks(app: FastifyInstance, { database, log }: ServiceParts, providers: Providers): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: WEBHOOK_BYTES_MAX }, (_request, body, done) =>
      done(null, body),
    )
    scope.setErrorHandler((error, _request, reply) => {
      if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 413)) throw error
      log.warn({ bytesMax: WEBHOOK_BYTES_MAX, reason: 'too large' }, 'a webhook was refused')
      return reply.code(413).send({ received: false })
    })
    scope.post<{ Params: { provider: string } }>('/webhooks/:provider', async (request, reply) => {
      const name = PROVIDER_NAMES.find((known) => known === request.params.provider)
      const provider = name && providers[name]
      if (!name || !provider) return reply.code(404).send({ received: false })
      const refuse = (reason: string) => {
        log.warn({ provider: name, reason }, 'a webhook was refused')
        return reply.code(400).send({ received: false })
      }
      try {
        const event = await provider.readWebhook(bytesOf(request), signatureOf(request))
        const received = await receiveWebhook(database, name, event)
        if (received !== 'stale') return { received: true }
      } catch (error) {
        if (!(error instanceof WebhookForged)) throw error
        return refuse('forged')
      }
      return refuse('stale')
    })
  })
}

function bytesOf({ body }: FastifyRequest): Uint8Array {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

/** Both providers speak as Stripe does. */
function signatureOf({ headers }: FastifyRequest): string {
  const signature = headers['stripe-signature']
  return typeof signature === 'string' ? signature : ''
}
