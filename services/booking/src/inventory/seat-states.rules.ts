/** What a seat can be, as two bits say it on a compact map. */
export const SEAT_STATES = ['AVAILABLE', 'HELD', 'SOLD', 'BLOCKED'] as const

/** States of seats, one byte each: indices of `SEAT_STATES`. */
export type States = Uint8Array

/** The letters of `seatStates`, in the order of `SEAT_STATES`. */
const LETTERS = 'AHSB'

/** The states that these letters stand for. */
export function statesOfLetters(letters: string): States {
  return Uint8Array.from(letters, (letter) => LETTERS.indexOf(letter))
}

/** Four seats to a byte, the first of them in its lowest two bits; bits after the last seat are 0. */
export function packStates(states: States): Buffer {
  const bytes = Buffer.alloc(Math.ceil(states.length / 4))
  states.forEach((state, place) => {
    bytes[place >> 2] = (bytes[place >> 2] ?? 0) | (state << (2 * (place & 3)))
  })
  return bytes
}

/** So many states of what `packStates` made. */
export function unpackStates(bytes: Uint8Array, seats: number): States {
  return Uint8Array.from({ length: seats }, (_, place) => ((bytes[place >> 2] ?? 0) >> (2 * (place & 3))) & 3)
}

/** The places whose states differ. Both maps are of the same seats. */
export function changedPlaces(before: States, after: States): number[] {
  const places: number[] = []
  for (let place = 0; place < after.length; place++) if (before[place] !== after[place]) places.push(place)
  return places
}

/** How many of the seats from `first` on have this state. */
export function countState(states: States, state: number): number {
  let count = 0
  for (const each of states) if (each === state) count++
  return count
}
