import { Fault } from '@tikitu/runtime/fault'
import type { ServiceDefinition, ServiceParts } from '@tikitu/runtime/serve'
import type { CompactMap, CompactSection } from './compact-map.rules.ts'
import { seatMapsOf } from './seat-maps.ts'

/** The service's web server. */
type App = Parameters<NonNullable<ServiceDefinition['routes']>>[0]

/** A map as it is sent. */
interface SentMap {
  readonly tag: string
  readonly body: Buffer
}

/**
 * The compact seat map of a published event as a file, for everybody, as old as in the graph: at most half a second. Its
 * ETag is its version, so whoever has it already is sent nothing. Everybody is sent the same bytes, made once a version:
 * this is what a crowd that waits for the opening asks again and again.
 */
export function seatMapRoutes(app: App, { database }: ServiceParts): void {
  const maps = seatMapsOf(database)
  app.get<{ Params: { id: string } }>('/events/:id/seat-map', async ({ params: { id }, headers }, reply) => {
    const map = await maps.current(id)
    if (!map) throw new Fault('NOT_FOUND', 'There is no such event with seats.')
    const { tag, body } = asSent(map)
    // Kept by whoever likes, and asked about each time.
    void reply.headers({ 'cache-control': 'public, no-cache', etag: tag })
    if (knows(headers['if-none-match'], tag)) return reply.code(304).send()
    return reply.type('application/json; charset=utf-8').send(body)
  })
}

/** By the sections of a map, which are the same for as long as its version is. */
const sent = new WeakMap<readonly CompactSection[], SentMap>()

function asSent({ version, layoutId, sections }: CompactMap): SentMap {
  const known = sent.get(sections)
  if (known) return known
  const made = {
    tag: `"${layoutId}.${version}"`,
    body: Buffer.from(JSON.stringify({ version, layoutId, sections })),
  }
  sent.set(sections, made)
  return made
}

/** Whoever passes an answer on may have compressed it, and then marks its tag as a weak one. */
function knows(tags: string | undefined, tag: string): boolean {
  return tags !== undefined && tags.split(',').some((each) => each.trim().replace(/^W\//, '') === tag)
}
