/** The most words of a search that count. */
const WORDS_MAX = 10
/** Longer than any city or word; what is longer finds nothing. */
const TERM_MAX = 200

/** Whether something of this length could be the name of anything. */
export function couldBeName(term: string): boolean {
  return term.length <= TERM_MAX && !term.includes('\0')
}

/**
 * The words of what somebody typed, without case and accents: letters and digits only, so that whatever else it is, it
 * cannot be anything but words. What remains of folding is the database's business (`search_fold`).
 */
export function wordsOf(said: string): readonly string[] {
  const folded = said.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, WORDS_MAX)
}

/** How a list is sorted. */
export type EventSort = 'DATE' | 'DISTANCE' | 'POPULARITY'

/** Where on the globe, in degrees, and how far around it, in kilometres. */
export interface Near {
  readonly latitude: number
  readonly longitude: number
  readonly radiusKm: number
}

/** What is wrong with a point, and with which part of it; null when it is one. */
export function problemOfNear({ latitude, longitude, radiusKm }: Near): { field: string; message: string } | null {
  if (!(Math.abs(latitude) <= 90)) return { field: 'latitude', message: 'must be from -90 to 90' }
  if (!(Math.abs(longitude) <= 180)) return { field: 'longitude', message: 'must be from -180 to 180' }
  if (!(radiusKm > 0 && radiusKm <= RADIUS_KM_MAX)) {
    return { field: 'radiusKm', message: `must be more than 0 and at most ${RADIUS_KM_MAX}` }
  }
  return null
}

/** The farthest that anybody looks, in kilometres. */
const RADIUS_KM_MAX = 1_000
