import type { Accepted } from '@tikitu/runtime/outcome'
import {
  AREA_CAPACITY_MAX,
  AREAS_MAX,
  noProblems,
  readCount,
  readName,
  readSeatId,
  seatCount,
  SEATS_MAX,
  uniqueNames,
  type Plan,
  type PlanArea,
  type PlanRow,
  type PlanSeat,
  type PlanSection,
  type Problems,
  type SeatingPlanInvalid,
} from './plan.rules.ts'

/**
 * The plan that a document in pretix's seating-plan format describes
 * (`src/pretix/static/seating/seating-plan.schema.json` of github.com/pretix/pretix).
 *
 * A zone with seats becomes a section, named by `name` or else `zone_id`; `row_number`, `seat_number` and `category`
 * are taken as they are, and `seat_guid` is the seat's id. Rows of one zone may have the same `row_number`: the format
 * writes a row that an aisle parts as two, and two they stay, because nobody sits side by side across an aisle.
 * Positions are added up from zone, row and seat. What is only for drawing is not looked at.
 *
 * The format knows neither standing room nor wheelchair places, so additions are read: an area with `capacity` and
 * `category` is a general-admission area named by its text, any other area is decoration; a seat may be `accessible`. Nor
 * does it say what people look at: `focal_point`, in pixels of the plan, is read too.
 */
export function planFromPretix(document: unknown): Accepted<Plan> | SeatingPlanInvalid {
  const problems = noProblems()
  if (!isObject(document)) {
    problems.add('plan', 'must be an object with zones and categories')
    return problems.judge(NO_PLAN)
  }
  const reading: Reading = {
    problems,
    categories: readCategories(document['categories'], problems),
    uniqueSection: uniqueNames(problems),
    uniqueSeat: uniqueNames(problems),
    uniqueArea: uniqueNames(problems),
  }
  const zones = readList(document['zones'], 'zones', problems)
  // Before anything is made of them: a wrong document may have millions.
  const tooMany = placeBeyondMax(zones)
  if (tooMany !== undefined) {
    problems.add(tooMany, `goes beyond the ${SEATS_MAX} seats that a plan has at most`)
    return problems.judge(NO_PLAN)
  }
  const focalPoint = readPosition(document['focal_point'], 'focal_point', problems)
  const plan: Plan = {
    sections: zones.flatMap((zone, index) => readZone(zone, `zones[${index}]`, reading)),
    areas: zones.flatMap((zone, index) => readAreas(zone, `zones[${index}]`, reading)),
    ...(focalPoint && { focalPoint }),
  }
  checkSize(plan, problems)
  return problems.judge(plan)
}

const NO_PLAN: Plan = { sections: [], areas: [] }

/** What is known while a document is read. */
interface Reading {
  readonly problems: Problems
  /** Undefined when the list itself is wrong: then it is one problem, not one for every seat. */
  readonly categories: ReadonlySet<string> | undefined
  readonly uniqueSection: (name: string, path: string) => void
  readonly uniqueSeat: (id: string, path: string) => void
  readonly uniqueArea: (name: string, path: string) => void
}

type JsonObject = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readList(value: unknown, path: string, problems: Problems): readonly unknown[] {
  if (Array.isArray(value)) return value
  problems.add(path, value === undefined ? 'is missing' : 'must be a list')
  return []
}

function readCategories(value: unknown, problems: Problems): ReadonlySet<string> | undefined {
  const before = problems.count()
  const names = readList(value, 'categories', problems).flatMap((category, index) => {
    const path = `categories[${index}]`
    if (!isObject(category)) problems.add(path, 'must be an object')
    const name = isObject(category) ? readName(category['name'], `${path}.name`, problems) : undefined
    return name === undefined ? [] : [name]
  })
  return problems.count() === before ? new Set(names) : undefined
}

function readZone(zone: unknown, path: string, reading: Reading): PlanSection[] {
  if (!isObject(zone)) {
    reading.problems.add(path, 'must be an object')
    return []
  }
  const documents = readList(zone['rows'], `${path}.rows`, reading.problems)
  // A zone without rows is a stage or a bar.
  if (documents.length === 0) return []
  const [source, field] =
    zone['name'] == null && zone['zone_id'] != null ? [zone['zone_id'], 'zone_id'] : [zone['name'], 'name']
  const name = readName(source, `${path}.${field}`, reading.problems)
  if (name !== undefined) reading.uniqueSection(name, `${path}.${field}`)
  const origin = readPosition(zone['position'], `${path}.position`, reading.problems) ?? [0, 0]
  const rows = documents.flatMap((row, index) => readRow(row, { path: `${path}.rows[${index}]`, origin }, reading))
  return name === undefined ? [] : [{ name, rows: rowsOf(rows, reading.problems) }]
}

/** A row as the document has it. */
interface ReadRow {
  readonly name: string
  readonly seats: readonly ReadSeat[]
}

/** A seat as the document has it, and where. */
interface ReadSeat {
  readonly seat: PlanSeat
  readonly category: string
  readonly path: string
}

type Position = readonly [x: number, y: number]

/** Where something is in the document and, if it says so, in the hall. */
interface Place {
  readonly path: string
  readonly origin: Position
}

function readRow(row: unknown, at: Place, reading: Reading): ReadRow[] {
  const { problems } = reading
  if (!isObject(row)) {
    problems.add(at.path, 'must be an object')
    return []
  }
  const name = readName(row['row_number'], `${at.path}.row_number`, problems)
  const origin = add(at.origin, readPosition(row['position'], `${at.path}.position`, problems))
  const documents = readList(row['seats'], `${at.path}.seats`, problems)
  if (documents.length === 0 && Array.isArray(row['seats'])) problems.add(`${at.path}.seats`, 'must not be empty')
  const seats = documents.flatMap((seat, index) =>
    readSeat(seat, { path: `${at.path}.seats[${index}]`, origin }, reading),
  )
  return name === undefined ? [] : [{ name, seats }]
}

function readSeat(document: unknown, { path, origin }: Place, reading: Reading): ReadSeat[] {
  const { problems } = reading
  if (!isObject(document)) {
    problems.add(path, 'must be an object')
    return []
  }
  const id = readSeatId(document['seat_guid'], `${path}.seat_guid`, problems)
  if (id !== undefined) reading.uniqueSeat(id, `${path}.seat_guid`)
  const number = readName(document['seat_number'], `${path}.seat_number`, problems)
  const category = readCategory(document['category'], `${path}.category`, reading)
  const position = readPosition(document['position'], `${path}.position`, problems)
  const accessible = document['accessible'] ?? false
  if (typeof accessible !== 'boolean') problems.add(`${path}.accessible`, 'must be true or false')
  if (id === undefined || number === undefined || category === undefined) return []
  const seat = {
    id,
    number,
    ...(accessible === true ? { accessible: true as const } : {}),
    ...(position ? { position: add(origin, position) } : {}),
  }
  return [{ seat, category, path }]
}

function readCategory(value: unknown, path: string, { categories, problems }: Reading): string | undefined {
  const name = readName(value, path, problems)
  if (name === undefined || categories === undefined || categories.has(name)) return name
  problems.add(path, `${JSON.stringify(name)} is not the name of a category of the plan`)
  return undefined
}

/** A position may be left out; a wrong one is a problem. */
function readPosition(value: unknown, path: string, problems: Problems): Position | undefined {
  if (value === undefined || value === null) return undefined
  if (isObject(value) && isCoordinate(value['x']) && isCoordinate(value['y'])) return [value['x'], value['y']]
  problems.add(path, 'must be an object with the numbers x and y')
  return undefined
}

/** Pixels from the corner of a plan, or of what lies in it, at most. */
const COORDINATE_MAX = 1_000_000

const isCoordinate = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= COORDINATE_MAX

function add([x, y]: Position, offset: Position | undefined): Position {
  return offset ? [x + offset[0], y + offset[1]] : [x, y]
}

/** The rows as others see them. Two of one name are the halves of a row, so their numbers must differ. */
function rowsOf(rows: readonly ReadRow[], problems: Problems): PlanRow[] {
  for (const sameName of Map.groupBy(rows, (row) => row.name).values()) {
    const uniqueNumber = uniqueNames(problems)
    for (const { seat, path } of sameName.flatMap((row) => row.seats)) uniqueNumber(seat.number, `${path}.seat_number`)
  }
  return rows.map(({ name, seats }) => {
    const category = mostFrequent(seats.map((read) => read.category))
    // The row says it for all seats but those that differ: most of a plan's bytes would be categories.
    return {
      name,
      category,
      seats: seats.map((read) => (read.category === category ? read.seat : { ...read.seat, category: read.category })),
    }
  })
}

function mostFrequent(names: readonly string[]): string {
  const groups = [...Map.groupBy(names, (name) => name)]
  return groups.toSorted(([, left], [, right]) => right.length - left.length)[0]?.[0] ?? ''
}

function readAreas(zone: unknown, path: string, reading: Reading): PlanArea[] {
  if (!isObject(zone) || zone['areas'] == null) return []
  return readList(zone['areas'], `${path}.areas`, reading.problems).flatMap((area, index) =>
    readArea(area, `${path}.areas[${index}]`, reading),
  )
}

function readArea(area: unknown, path: string, reading: Reading): PlanArea[] {
  const { problems } = reading
  if (!isObject(area)) {
    problems.add(path, 'must be an object')
    return []
  }
  if (area['capacity'] == null) return []
  const label = isObject(area['text']) ? area['text']['text'] : undefined
  const name = readName(label, `${path}.text.text`, problems)
  if (name !== undefined) reading.uniqueArea(name, `${path}.text.text`)
  const category = readCategory(area['category'], `${path}.category`, reading)
  const capacity = readCount(area['capacity'], [1, AREA_CAPACITY_MAX], `${path}.capacity`, problems)
  if (name === undefined || category === undefined || capacity === undefined) return []
  return [{ name, category, capacity }]
}

/** The row with which there are more seats than a plan has; undefined when there is none. */
function placeBeyondMax(zones: readonly unknown[]): string | undefined {
  const listOf = (value: unknown, key: string): readonly unknown[] =>
    isObject(value) && Array.isArray(value[key]) ? value[key] : []
  let seats = 0
  for (const [zone, document] of zones.entries()) {
    for (const [row, ofRow] of listOf(document, 'rows').entries()) {
      seats += listOf(ofRow, 'seats').length
      if (seats > SEATS_MAX) return `zones[${zone}].rows[${row}].seats`
    }
  }
  return undefined
}

function checkSize({ sections, areas }: Plan, problems: Problems): void {
  const seats = seatCount({ sections, areas })
  if (areas.length > AREAS_MAX) problems.add('zones', `has ${areas.length} areas; a plan has at most ${AREAS_MAX}`)
  if (seats === 0 && areas.length === 0 && problems.count() === 0) {
    problems.add('zones', 'has neither a seat nor a general-admission area')
  }
}
