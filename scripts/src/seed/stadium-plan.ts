import { z } from 'zod'

/** `CreateSeatingPlanInput` but for whose venue it is. */
export interface StadiumPlan {
  readonly name: string
  readonly sections: readonly {
    /** `<stand> <section>`: `west 1`. */
    readonly name: string
    readonly category: string
    readonly rows: readonly { readonly name: string; readonly seats: number }[]
  }[]
  readonly areas: readonly { readonly name: string; readonly category: string; readonly capacity: number }[]
}

const document = z.object({
  venue: z.string(),
  /** The sum, to check the rest by. */
  seats: z.int().positive(),
  sections: z.array(
    z.object({
      stand: z.enum(['north', 'east', 'south', 'west']),
      section: z.string().min(1),
      rows: z.array(z.object({ row: z.string().min(1), seats: z.int().positive() })).min(1),
    }),
  ),
})

/** The stands along the touchline look at the whole pitch and cost more than those behind the goals. */
const CATEGORIES = { west: 'Main', east: 'Main', north: 'Standard', south: 'Standard' } as const

/** The source counts seats only; the demo also sells standing room. */
const FAN_ZONE = { name: 'Fan zone', category: 'Standing', capacity: 2_000 }

/** Reads `stadium-39264-seats.json` as a quick form of a seating plan. Throws when it is not what it says it is. */
export function readStadiumPlan(json: string): StadiumPlan {
  const parsed = document.safeParse(JSON.parse(json))
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error))
  const { seats, sections } = parsed.data
  const counted = sections.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.seats, 0)
  if (counted !== seats) throw new Error(`the plan says it has ${seats} seats, but its rows have ${counted}`)
  return {
    name: 'Football',
    sections: sections.map(({ stand, section, rows }) => ({
      name: `${stand} ${section}`,
      category: CATEGORIES[stand],
      rows: rows.map((row) => ({ name: row.row, seats: row.seats })),
    })),
    areas: [FAN_ZONE],
  }
}
