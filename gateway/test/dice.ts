import { fc } from '@tikitu/runtime/testing/properties'
import type { GeneratorValue } from '@tikitu/runtime/testing/properties'

/** Decides at random, the same way again for the same seed. */
export interface Dice {
  /** A whole number, both ends included. */
  between(min: number, max: number): number
  /** One of them. Throws when there is none. */
  oneOf<Value>(values: readonly Value[]): Value
  /** True so many times in a hundred. */
  chance(percent: number): boolean
}

/** Decisions of fast-check's. */
export function diceOf(gen: GeneratorValue): Dice {
  const between = (min: number, max: number) => gen(fc.integer, { min, max })
  return {
    between,
    oneOf: (values) => {
      if (values.length === 0) throw new Error('nothing to choose from')
      const [value] = values.slice(between(0, values.length - 1))
      return value as (typeof values)[number]
    },
    chance: (percent) => between(1, 100) <= percent,
  }
}
