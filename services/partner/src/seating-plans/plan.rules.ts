import { accept, refuse, type Accepted, type Refusal } from '@tikitu/runtime/outcome'

/** Seats of one plan at most. */
export const SEATS_MAX = 100_000

/** General-admission areas of one plan at most. */
export const AREAS_MAX = 1_000

/** People in one general-admission area at most. */
export const AREA_CAPACITY_MAX = 1_000_000

/** Characters at most in the name of a section, row, area or category, and in a seat's number. */
const NAME_MAX = 100

/** Characters at most in a seat's id. The quick form makes one of three names. */
const SEAT_ID_MAX = 320

/** Problems that are told at most; whoever has more repairs these first. */
export const PROBLEMS_MAX = 100

/** A seat with a place of its own. */
export interface PlanSeat {
  /** Unique within the plan; clients, holds and tickets name the seat by it. */
  readonly id: string
  /** What is printed on the seat. */
  readonly number: string
  /** Left out unless the seat is for people with a wheelchair. */
  readonly accessible?: true
  /** Price category; left out when it is the row's. */
  readonly category?: string
  /** Where it is drawn, in pixels from the plan's corner; left out when the source did not say. */
  readonly position?: readonly [x: number, y: number]
}

/** A row: its seats in the order in which people sit. */
export interface PlanRow {
  /** Unique within the section, but for a row that an aisle parts: its halves are rows of one name. */
  readonly name: string
  /** Price category of its seats unless a seat says otherwise. */
  readonly category: string
  readonly seats: readonly PlanSeat[]
}

/** A block: its rows from the front. */
export interface PlanSection {
  /** Unique within the plan. */
  readonly name: string
  readonly rows: readonly PlanRow[]
}

/** Standing room, or unnumbered seats. */
export interface PlanArea {
  /** Unique among the plan's areas. */
  readonly name: string
  /** Price category. */
  readonly category: string
  /** How many people it takes. */
  readonly capacity: number
}

/** All places of a venue, as one version of its seating plan has them. */
export interface Plan {
  readonly sections: readonly PlanSection[]
  readonly areas: readonly PlanArea[]
  /** What people come to look at, in pixels from the plan's corner; the best seats are close to it. */
  readonly focalPoint?: readonly [x: number, y: number]
}

/** One thing that is wrong with a plan, and where. */
export interface Problem {
  /** Path into what the client sent: `zones[3].rows[0].seats[12].seat_guid`. */
  readonly path: string
  readonly message: string
}

/** The plan cannot be used; nothing was written. */
export type SeatingPlanInvalid = Refusal<'SeatingPlanInvalid', { problems: readonly Problem[] }>

/** Collects what is wrong with a plan while it is read. */
export interface Problems {
  /** Notes a problem; beyond `PROBLEMS_MAX` it is only counted. */
  add(path: string, message: string): void
  /** How many there are. */
  count(): number
  /** The plan, unless something was wrong with it. */
  judge(plan: Plan): Accepted<Plan> | SeatingPlanInvalid
}

/** An empty collection of problems. */
export function noProblems(): Problems {
  const problems: Problem[] = []
  let count = 0
  return {
    add: (path, message) => {
      count += 1
      if (problems.length < PROBLEMS_MAX) problems.push({ path, message })
    },
    count: () => count,
    judge: (plan) => {
      return count === 0 ? accept(plan) : invalidPlan(problems, count)
    },
  }
}

/** Refuses a plan for these problems, which are all unless `count` says that there are more. */
export function invalidPlan(problems: readonly Problem[], count = problems.length): SeatingPlanInvalid {
  const many = count === 1 ? 'one thing is' : `${count} things are`
  return refuse('SeatingPlanInvalid', `The seating plan cannot be used: ${many} wrong with it.`, { problems })
}

/** A text that people read: trimmed, not empty, not too long, nothing that cannot be printed. Undefined after a problem. */
export function readName(value: unknown, path: string, problems: Problems, max = NAME_MAX): string | undefined {
  const name = typeof value === 'string' ? value.trim() : value
  const message = problemOfText(name, max)
  if (message === undefined) return String(name)
  problems.add(path, message)
  return undefined
}

/** A seat's id, exactly as it is written. Undefined after a problem. */
export function readSeatId(value: unknown, path: string, problems: Problems): string | undefined {
  const message = problemOfText(value, SEAT_ID_MAX)
  if (message === undefined) return String(value)
  problems.add(path, message)
  return undefined
}

/** A whole number from `min` to `max`. Undefined after a problem. */
export function readCount(
  value: unknown,
  [min, max]: readonly [number, number],
  path: string,
  problems: Problems,
): number | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  problems.add(path, value === undefined ? 'is missing' : `must be a whole number from ${min} to ${max}`)
  return undefined
}

function problemOfText(value: unknown, max: number): string | undefined {
  if (value === undefined || value === null) return 'is missing'
  if (typeof value !== 'string') return 'must be a string'
  if (value === '') return 'must not be empty'
  if (value.length > max) return `must have at most ${max} characters`
  // PostgreSQL takes neither NUL nor half of a surrogate pair in JSON, and no seat is called by the others.
  if (/\p{Cc}/u.test(value) || !value.isWellFormed()) return 'must not contain control characters'
  return undefined
}

/** Refuses the second use of a name among things that must be told apart. */
export function uniqueNames(problems: Problems): (name: string, path: string) => void {
  const places = new Map<string, string>()
  return (name, path) => {
    const first = places.get(name)
    if (first === undefined) places.set(name, path)
    else problems.add(path, `${JSON.stringify(name)} is already used at ${first}`)
  }
}

/** How many seats have a place of their own; general-admission areas are not counted. */
export function seatCount(plan: Plan): number {
  return plan.sections.reduce((sum, section) => sum + seatsOf(section), 0)
}

/** The price categories that the plan uses, in the order in which they first appear. */
export function categoriesOf(plan: Plan): string[] {
  const categories = new Set<string>()
  for (const { rows } of plan.sections) {
    for (const row of rows) for (const seat of row.seats) categories.add(seat.category ?? row.category)
  }
  for (const area of plan.areas) categories.add(area.category)
  return [...categories]
}

/** A section in figures. */
export interface SectionSummary {
  readonly name: string
  readonly rows: number
  readonly seats: number
}

/** The sections in figures, so that a list of plans need not read every seat. */
export function sectionSummaries(plan: Plan): SectionSummary[] {
  return plan.sections.map((section) => ({
    name: section.name,
    rows: new Set(section.rows.map((row) => row.name)).size,
    seats: seatsOf(section),
  }))
}

const seatsOf = (section: PlanSection) => section.rows.reduce((sum, row) => sum + row.seats.length, 0)

/**
 * The sections as they are told to others, who draw nothing: without positions, but of each row how far from the plan's
 * focal point it is, if that is known.
 */
export function publishedSections({ sections, focalPoint }: Plan) {
  return sections.map(({ name, rows }) => ({
    name,
    rows: rows.map((row) => ({
      ...row,
      ...(focalPoint && focusOf(row, focalPoint)),
      seats: row.seats.map(({ position: _drawn, ...seat }) => seat),
    })),
  }))
}

/** The place in the row that is closest to a point, and how far it is. Undefined unless all seats of the row have positions. */
function focusOf({ seats }: PlanRow, [x, y]: readonly [x: number, y: number]) {
  const distances = seats.flatMap(({ position }) => (position ? [Math.hypot(position[0] - x, position[1] - y)] : []))
  const distance = Math.min(...distances)
  if (distances.length < seats.length || seats.length === 0) return undefined
  return { focus: { place: distances.indexOf(distance), distance } }
}
