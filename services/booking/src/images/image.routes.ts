import { Fault } from '@tikitu/runtime/fault'
import { isId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import type { ServiceDefinition, ServiceParts } from '@tikitu/runtime/serve'
import { transact } from '@tikitu/runtime/transact'
import { IMAGE_BYTES_MAX } from './image.rules.ts'
import { findImage, takeUpload, type ImagePlace } from './images.ts'

/** The service's web server. */
type App = Parameters<NonNullable<ServiceDefinition['routes']>>[0]

/** A picture never changes under its id, in seconds. */
const CACHE_SECONDS = 365 * 86_400

/** Where pictures are brought, by whoever has a signed address, and looked at by everybody. The gateway passes both on. */
export function imageRoutes(app: App, { database }: ServiceParts, place: ImagePlace): void {
  void app.register(async (images) => {
    images.removeAllContentTypeParsers()
    images.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: IMAGE_BYTES_MAX }, (_request, body, done) =>
      done(null, body),
    )

    images.put<{ Querystring: { grant?: string } }>('/media/uploads', async (request, reply) => {
      const token = request.query.grant
      const grant = typeof token === 'string' ? place.tokens.read(token) : null
      const { body } = request
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
      const contentType = request.headers['content-type']
      const upload = { grant, contentType, bytes, place }
      const { imageUrl } = accepted(await transact(database, (tx, at) => takeUpload(tx, { ...upload, at })))
      return reply.code(201).header('location', imageUrl).send({ imageUrl })
    })

    images.get<{ Params: { id: string } }>('/media/:id', async ({ params: { id }, headers }, reply) => {
      const tag = `"${id}"`
      void reply.headers({ 'cache-control': `public, max-age=${CACHE_SECONDS}, immutable`, etag: tag })
      if (isId(id) && headers['if-none-match'] === tag) return reply.code(304).send()
      const image = await findImage(database, id)
      if (!image) {
        void reply.headers({ 'cache-control': 'no-store' }).removeHeader('etag')
        throw new Fault('NOT_FOUND', 'There is no such picture.')
      }
      return reply.type(image.contentType).send(image.bytes)
    })
  })
}
