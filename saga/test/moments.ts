import { createHash } from 'node:crypto'
import { VICTIMS, type Moment } from './processes.ts'

/** The moments at which somebody is killed, at random, and the same ones for the same seed. */
export function momentsOf(
  seed: string,
  facts: { readonly kills: number; readonly calmMilliseconds: number },
): Moment[] {
  return Array.from({ length: facts.kills }, (_, kill) => {
    const [calm = 0, turn = 0] = randomOf(`${seed} ${kill}`)
    return {
      // In turn, so that each of them is met as often as the others.
      victim: VICTIMS[kill % VICTIMS.length] ?? 'payment',
      calmMilliseconds: Math.round(calm * facts.calmMilliseconds),
      isBookingFirst: turn < 0.5,
    }
  })
}

/** Numbers from 0 to 1. */
function randomOf(text: string): number[] {
  const digest = createHash('sha256').update(text).digest()
  return [0, 4].map((offset) => digest.readUInt32BE(offset) / 2 ** 32)
}
