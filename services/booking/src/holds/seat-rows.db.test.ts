import type { Database } from '@tikitu/runtime/database'
import { testDatabase } from '@tikitu/runtime/testing'
import { fc } from '@tikitu/runtime/testing/properties'
import { beforeAll, expect, test } from 'vitest'

let database: Database

beforeAll(async () => {
  database = (await testDatabase('booking')).database
})

/** A row of up to sixty seats: which are free. */
const row = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 })

const bitsOf = (free: readonly boolean[]) =>
  free.reduce((bits, isFree, place) => (isFree ? bits | (1n << BigInt(place)) : bits), 0n)

/** Where each run of free seats begins, and how long it is. */
function runsOf(free: readonly boolean[]): { start: number; length: number }[] {
  return free.flatMap((isFree, start) => {
    if (!isFree || free[start - 1]) return []
    const end = free.indexOf(false, start)
    return [{ start, length: (end < 0 ? free.length : end) - start }]
  })
}

async function ask<Value>(query: string, ...values: unknown[]): Promise<Value> {
  const { rows } = await database.pool.query<{ answer: Value }>(`select ${query} as answer`, values)
  return rows[0]!.answer
}

test('the lengths of the runs of a row are what counting finds', async () => {
  await fc.assert(
    fc.asyncProperty(row, async (free) => {
      const lengths = runsOf(free).map(({ length }) => length)
      const bits = lengths.reduce((set, length) => set | (1n << BigInt(length - 1)), 0n)
      expect(BigInt(await ask<string>('run_lengths($1)', bitsOf(free)))).toBe(bits)
      expect(await ask<number>('longest_run($1)', bits)).toBe(Math.max(0, ...lengths))
    }),
  )
})

test('a place is the leftmost, or the closest to the focus, that leaves no single seat unless one may stay', async () => {
  await fc.assert(
    fc.asyncProperty(row, fc.integer({ min: 1, max: 12 }), fc.boolean(), async (free, seats, singleMayStay) => {
      const leavesSingle = (start: number) => {
        const left = free[start - 1] && !free[start - 2]
        const right = free[start + seats] && !free[start + seats + 1]
        return Boolean(left || right)
      }
      const places = free.flatMap((_, start) => {
        const fits = start + seats <= free.length && free.slice(start, start + seats).every(Boolean)
        return fits && (singleMayStay || !leavesSingle(start)) ? [start] : []
      })
      expect(await ask<number | null>('place_in_row($1, $2, $3)', bitsOf(free), seats, singleMayStay)).toBe(
        places[0] ?? null,
      )
      const focus = (seats * 7) % 60
      const off = (start: number) => Math.abs(start - Math.max(focus - Math.floor((seats - 1) / 2), 0))
      const closest = places.toSorted((left, right) => off(left) - off(right) || left - right)[0]
      expect(await ask<number | null>('place_in_row($1, $2, $3, $4)', bitsOf(free), seats, singleMayStay, focus)).toBe(
        closest ?? null,
      )
      // The search over all rows looks at the lengths alone, and must come to the same.
      const fitting = 'run_lengths($1) & fitting_runs($2, $3) <> 0'
      expect(await ask<boolean>(fitting, bitsOf(free), seats, singleMayStay)).toBe(places.length > 0)
    }),
    { numRuns: 300 },
  )
})
