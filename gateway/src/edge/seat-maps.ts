import { Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { timeoutSignal } from '@tikitu/runtime/timeout'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { LruMap } from '../lru.ts'
import { DATA_ROUTE } from './security.ts'

/** For so long a map is sent to everybody as it came, in milliseconds: as often as the booking service reads it. */
const FRESH_MILLISECONDS = 250

/** How many maps are kept; that of a stadium has 60 kB. */
const MAPS_MAX = 200

/** How long the service may take to send a map, in milliseconds: the first of a stadium has to be read. */
const PASS_MILLISECONDS = 5_000

/** What everybody is sent. */
interface SeatMapFile {
  readonly tag: string
  readonly body: Buffer
  /** When it was asked for, on the clock of `performance.now()`. */
  readonly at: number
}

/**
 * `/seat-maps/:eventId`: the compact seat map of a published event, for everybody and without a token. However many look, the
 * booking service is asked once in a quarter of a second; whoever has the newest version already is told so by 304.
 */
export function addSeatMaps(app: FastifyInstance, config: GatewayConfig): void {
  const kept = new LruMap<string, SeatMapFile>(MAPS_MAX)
  const asked = new Map<string, Promise<SeatMapFile>>()

  const freshMap = (eventId: string, requestId: string): Promise<SeatMapFile> | SeatMapFile => {
    const known = kept.get(eventId)
    if (known && performance.now() - known.at < FRESH_MILLISECONDS) return known
    const underWay = asked.get(eventId)
    if (underWay) return underWay
    const asking = ask(eventId, requestId, known).finally(() => asked.delete(eventId))
    asked.set(eventId, asking)
    return asking
  }

  const ask = async (eventId: string, requestId: string, known: SeatMapFile | undefined): Promise<SeatMapFile> => {
    const at = performance.now()
    const statement = signIdentity(serviceIdentity('gateway', requestId), config.identitySecret)
    const headers: Record<string, string> = { [IDENTITY_HEADER]: statement, 'x-request-id': requestId }
    if (known) headers['if-none-match'] = known.tag
    const signal = timeoutSignal(PASS_MILLISECONDS)
    const url = `${config.serviceUrls.booking}/events/${eventId}/seat-map`
    const answer = await fetch(url, { headers, signal, redirect: 'error' }).catch((cause: unknown) => {
      throw unavailable(cause)
    })
    const body = Buffer.from(await answer.arrayBuffer())
    if (answer.status === 404) throw noSuchMap()
    const tag = answer.headers.get('etag')
    if ((!answer.ok && answer.status !== 304) || tag === null) throw unavailable(new Error(`status ${answer.status}`))
    const file = { tag, body: answer.status === 304 && known ? known.body : body, at }
    kept.set(eventId, file)
    return file
  }

  app.get<{ Params: { eventId: string } }>('/seat-maps/:eventId', DATA_ROUTE, async (request, reply) => {
    const { eventId } = request.params
    if (!isId(eventId)) throw noSuchMap()
    const { tag, body } = await freshMap(eventId, request.id)
    // Kept by whoever likes, and asked about each time; other sites may show it.
    void reply.headers({
      'cache-control': 'public, no-cache',
      etag: tag,
      'cross-origin-resource-policy': 'cross-origin',
    })
    if (knows(request.headers['if-none-match'], tag)) return reply.code(304).send()
    return reply.type('application/json; charset=utf-8').send(body)
  })
}

const noSuchMap = () => new Fault('NOT_FOUND', 'There is no such event with seats.')

const unavailable = (cause: unknown) =>
  new Fault('UNAVAILABLE', 'Seat maps cannot be reached right now. Please try again.', { cause })

/** Whoever passes an answer on may have compressed it, and then marks its tag as a weak one. */
function knows(tags: string | undefined, tag: string): boolean {
  return tags !== undefined && tags.split(',').some((each) => each.trim().replace(/^W\//, '') === tag)
}
