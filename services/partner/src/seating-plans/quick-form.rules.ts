import type { Accepted } from '@tikitu/runtime/outcome'
import {
  AREA_CAPACITY_MAX,
  AREAS_MAX,
  noProblems,
  readCount,
  readName,
  SEATS_MAX,
  uniqueNames,
  type Plan,
  type PlanArea,
  type PlanRow,
  type PlanSection,
  type Problems,
  type SeatingPlanInvalid,
} from './plan.rules.ts'

/** Seats of one row of the quick form at most. */
const ROW_SEATS_MAX = 500

/** The quick form: sections of rows of so many seats, and general-admission areas. */
export interface QuickForm {
  readonly sections: readonly {
    readonly name: string
    /** Price category of its rows unless a row says otherwise. */
    readonly category: string
    readonly rows: readonly {
      readonly name: string
      readonly seats: number
      readonly category?: string | null | undefined
    }[]
  }[]
  readonly areas: readonly { readonly name: string; readonly category: string; readonly capacity: number }[]
}

/**
 * The plan that a quick form describes. Seats are numbered from 1 in each row, and a seat's id is
 * `<section>-<row>-<number>`, so that the next version of the plan knows the same seat by the same id.
 */
export function planFromQuickForm(form: QuickForm): Accepted<Plan> | SeatingPlanInvalid {
  const problems = noProblems()
  checkSize(form, problems)
  const rows = readSections(form, problems)
  const areas = readAreas(form, problems)
  // Only a form without problems is blown up into seats: a wrong one may ask for millions.
  return problems.judge(problems.count() === 0 ? { sections: rows.map(withSeats), areas } : { sections: [], areas: [] })
}

function checkSize({ sections, areas }: QuickForm, problems: Problems): void {
  if (sections.length === 0 && areas.length === 0) {
    problems.add('sections', 'must not be empty unless there are general-admission areas')
  }
  const seats = sections.reduce((sum, { rows }) => sum + rows.reduce((inSection, row) => inSection + row.seats, 0), 0)
  if (seats > SEATS_MAX) problems.add('sections', `has ${seats} seats; a plan has at most ${SEATS_MAX}`)
  if (areas.length > AREAS_MAX) problems.add('areas', `has ${areas.length} areas; a plan has at most ${AREAS_MAX}`)
}

/** A section as it was read, before its seats are made. */
interface ReadSection {
  readonly name: string
  readonly rows: readonly { readonly name: string; readonly category: string; readonly seats: number }[]
}

function readSections({ sections }: QuickForm, problems: Problems): ReadSection[] {
  const uniqueSection = uniqueNames(problems)
  // "A-1" with row "2" and "A" with row "1-2" would make the same seat ids.
  const uniquePrefix = uniqueNames(problems)
  return sections.flatMap((section, sectionIndex) => {
    const path = `sections[${sectionIndex}]`
    const name = readName(section.name, `${path}.name`, problems)
    const category = readName(section.category, `${path}.category`, problems)
    if (name !== undefined) uniqueSection(name, `${path}.name`)
    if (section.rows.length === 0) problems.add(`${path}.rows`, 'must not be empty')
    const rows = section.rows.flatMap((row, rowIndex) => {
      const rowPath = `${path}.rows[${rowIndex}]`
      const rowName = readName(row.name, `${rowPath}.name`, problems)
      const rowCategory = row.category == null ? category : readName(row.category, `${rowPath}.category`, problems)
      const seats = readCount(row.seats, [1, ROW_SEATS_MAX], `${rowPath}.seats`, problems)
      if (name !== undefined && rowName !== undefined) uniquePrefix(`${name}-${rowName}`, `${rowPath}.name`)
      if (rowName === undefined || rowCategory === undefined || seats === undefined) return []
      return [{ name: rowName, category: rowCategory, seats }]
    })
    return name === undefined ? [] : [{ name, rows }]
  })
}

function readAreas({ areas }: QuickForm, problems: Problems): PlanArea[] {
  const uniqueArea = uniqueNames(problems)
  return areas.flatMap((area, index) => {
    const path = `areas[${index}]`
    const name = readName(area.name, `${path}.name`, problems)
    const category = readName(area.category, `${path}.category`, problems)
    const capacity = readCount(area.capacity, [1, AREA_CAPACITY_MAX], `${path}.capacity`, problems)
    if (name === undefined || category === undefined || capacity === undefined) return []
    uniqueArea(name, `${path}.name`)
    return [{ name, category, capacity }]
  })
}

function withSeats({ name, rows }: ReadSection): PlanSection {
  return { name, rows: rows.map((row): PlanRow => ({ ...row, seats: seatsOf(`${name}-${row.name}`, row.seats) })) }
}

function seatsOf(prefix: string, count: number): PlanRow['seats'] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1)
    return { id: `${prefix}-${number}`, number }
  })
}
