/**
 * Reservations per second from the opening of a real on-sale: nobody is quick enough for the first second, the crowd is
 * there in the fifth, and it thins out when the good seats are gone.
 */
const RESERVATIONS_PER_SECOND = [7, 18, 52, 72, 131, 134, 108, 120, 125, 100, 39] as const

/** Seconds that the replay lasts. */
export const SECONDS = RESERVATIONS_PER_SECOND.length

/** When each reservation arrives, in milliseconds from the opening: `scale` times as many, evenly spread within each second. */
export function arrivalsOf(scale: number): Float64Array {
  return Float64Array.from(
    RESERVATIONS_PER_SECOND.flatMap((rate, second) =>
      Array.from({ length: rate * scale }, (_, place) => 1000 * (second + place / (rate * scale))),
    ),
  )
}
