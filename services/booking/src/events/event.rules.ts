import { accept, refuse } from '@tikitu/runtime/outcome'

/** Whose drafts somebody may see, and whose events that are no longer on sale in lists. */
export interface Reader {
  /** Admins see everything. */
  readonly everything: boolean
  /** The partners for whom the caller manages events. */
  readonly partnerIds: readonly string[]
}

/** May this caller see the event? Whatever was published once is for everybody. */
export function maySeeEvent(event: { readonly status: string; readonly partnerId: string }, reader: Reader): boolean {
  return event.status !== 'DRAFT' || reader.everything || reader.partnerIds.includes(event.partnerId)
}

/** When an event is, as its partner wishes. */
export interface ScheduleWish {
  readonly startsAt: Date
  readonly endsAt: Date
  readonly doorsAt?: Date | null | undefined
  readonly salesOpenAt?: Date | null | undefined
  readonly salesCloseAt?: Date | null | undefined
}

/** When an event is and when it is sold. */
export interface Schedule {
  readonly startsAt: Date
  readonly endsAt: Date
  readonly doorsAt: Date
  /** Null: when it is published. */
  readonly salesOpenAt: Date | null
  readonly salesCloseAt: Date
}

const HOUR = 3_600_000
/** The longest event, in days. */
const EVENT_DAYS_MAX = 30

/**
 * Fills in what was not said about the times, or names the field that cannot be. What is not in `said` is as it was, and
 * may be past: sales that are over stay so when an event moves.
 */
export function decideSchedule(wish: ScheduleWish, at: Date, said: ScheduleChange = wish) {
  const { startsAt, endsAt } = wish
  const doorsAt = wish.doorsAt ?? new Date(startsAt.getTime() - HOUR)
  const salesOpenAt = wish.salesOpenAt ?? null
  const salesCloseAt = wish.salesCloseAt ?? startsAt
  if (said.startsAt && startsAt <= at) return impossible('startsAt', 'must be in the future')
  if (endsAt <= startsAt) return impossible('endsAt', 'must be after startsAt')
  if (endsAt.getTime() - startsAt.getTime() > EVENT_DAYS_MAX * 24 * HOUR) {
    return impossible('endsAt', `must be within ${EVENT_DAYS_MAX} days of startsAt`)
  }
  if (doorsAt > startsAt) return impossible('doorsAt', 'must not be after startsAt')
  if (said.salesCloseAt && salesCloseAt <= at) return impossible('salesCloseAt', 'must be in the future')
  if (salesCloseAt > endsAt) return impossible('salesCloseAt', 'must not be after endsAt')
  if (salesOpenAt && salesOpenAt >= salesCloseAt) return impossible('salesOpenAt', 'must be before salesCloseAt')
  return accept<Schedule>({ startsAt, endsAt, doorsAt, salesOpenAt, salesCloseAt })
}

/** Which times are to be others. Undefined is not said; null, not said either, but for `salesOpenAt`. */
export interface ScheduleChange {
  readonly startsAt?: Date | undefined
  readonly endsAt?: Date | null | undefined
  readonly doorsAt?: Date | null | undefined
  readonly salesOpenAt?: Date | null | undefined
  readonly salesCloseAt?: Date | null | undefined
}

/** Whether anything is said about times. */
export function touchesSchedule({ startsAt, endsAt, doorsAt, salesOpenAt, salesCloseAt }: ScheduleChange): boolean {
  return [startsAt, endsAt, doorsAt, salesOpenAt, salesCloseAt].some((time) => time !== undefined)
}

/** The times that an event would have: what is not said moves with its beginning, but for the opening of sales. */
export function movedSchedule(event: Schedule, change: ScheduleChange): ScheduleWish {
  const startsAt = change.startsAt ?? event.startsAt
  const moved = (time: Date) => new Date(time.getTime() + startsAt.getTime() - event.startsAt.getTime())
  return {
    startsAt,
    endsAt: change.endsAt ?? moved(event.endsAt),
    doorsAt: change.doorsAt ?? moved(event.doorsAt),
    salesOpenAt: change.salesOpenAt === undefined ? event.salesOpenAt : change.salesOpenAt,
    salesCloseAt: change.salesCloseAt ?? moved(event.salesCloseAt),
  }
}

/** When a ticket type is sold, where that is not with its event. */
export interface OwnSales {
  readonly salesOpenAt: Date | null
  readonly salesCloseAt: Date | null
}

/**
 * The sales of a ticket type whose event moves: those instants that are still to come move with it, so that an early
 * bird that is over stays over, and a door that opens two hours before does so on the new day.
 */
export function movedSales({ salesOpenAt, salesCloseAt }: OwnSales, milliseconds: number, at: Date): OwnSales {
  const moved = (time: Date | null) => (time && time > at ? new Date(time.getTime() + milliseconds) : time)
  const [opens, closes] = [moved(salesOpenAt), moved(salesCloseAt)]
  // An event that comes earlier may leave no time between the two: what has opened is over then, and stays so.
  if (opens && closes && closes <= opens) return { salesOpenAt: opens, salesCloseAt: new Date(opens.getTime() + 1) }
  return { salesOpenAt: opens, salesCloseAt: closes }
}

/** Until when those who bought before an event was moved may have their money back; never later than it begins. */
export function refundableUntil(startsAt: Date, days: number, at: Date): Date {
  return new Date(Math.min(startsAt.getTime(), at.getTime() + days * 24 * HOUR))
}

/** What may be said anew about a published event: nobody has bought because of it. */
const NEVER_FIXED: ReadonlySet<string> = new Set([
  'title',
  'description',
  'category',
  'imageUrl',
  'maxTicketsPerBuyer',
  'doorsAt',
  'salesOpenAt',
  'salesCloseAt',
])

/** May these fields be changed where the event stands? */
export function decideEdit(status: EventStatus, changes: Readonly<Record<string, unknown>>) {
  const given = Object.keys(changes).filter((name) => changes[name] !== undefined)
  const isFixed = (name: string) =>
    status === 'PUBLISHED'
      ? !NEVER_FIXED.has(name) || (changes[name] === null && name === 'salesOpenAt')
      : status !== 'DRAFT'
  const fields = given.filter(isFixed)
  if (fields.length === 0) return accept()
  const message = `This event is ${status.toLowerCase()}: ${fields.join(', ')} cannot be changed.`
  return refuse('EventFieldsFixed', message, { status, fields })
}

/** Where an event stands. */
type EventStatus = 'DRAFT' | 'PUBLISHED' | 'CANCELLED' | 'COMPLETED'

const impossible = (field: keyof ScheduleWish, message: string) => refuse('ImpossibleSchedule', message, { field })

/** A kind of ticket as its partner wishes it. */
export interface TicketTypeWish {
  readonly name: string
  readonly seated: boolean
  readonly capacity?: number | null | undefined
  readonly category?: string | null | undefined
}

/** What a plan has of a category. */
export interface PlanCategory {
  readonly category: string
  /** Seats. */
  readonly seats: number
  /** Units of general admission in its areas. */
  readonly units: number
}

/**
 * How many tickets of the type there are: the plan's seats of its category, or what was asked for, or the units of the
 * plan's areas of its category. A seated type whose category the plan does not have has none, which publishing refuses.
 */
export function decideCapacity(type: TicketTypeWish, hasPlan: boolean, categories: readonly PlanCategory[]) {
  const category = categories.find((it) => it.category === type.category)
  if (type.seated) {
    if (!hasPlan) return unusable('seated', 'needs a seatingPlanId')
    if (!type.category) return unusable('category', 'is required when seated')
    return accept(category?.seats ?? 0)
  }
  const capacity = type.capacity ?? category?.units
  if (!capacity) return unusable('capacity', 'is required unless an area of the plan has the category')
  return accept(capacity)
}

const unusable = (field: keyof TicketTypeWish, message: string) => refuse('UnusableTicketType', message, { field })

/** What publishing looks at. */
export interface Publishable {
  readonly status: string
  readonly startsAt: Date
  readonly salesOpenAt: Date | null
  readonly salesCloseAt: Date
  readonly ticketTypes: readonly {
    readonly name: string
    readonly seated: boolean
    readonly category: string | null
    readonly capacity: number
  }[]
  readonly categories: readonly PlanCategory[]
  /** Whether the venue is active and the partner's own. */
  readonly venueUsable: boolean
}

/** Why an event cannot be put on sale, one sentence for each reason; none when it can. */
export function problemsOf(event: Publishable, at: Date): string[] {
  const problems: string[] = []
  if (event.status !== 'DRAFT') problems.push(`It is ${event.status.toLowerCase()}.`)
  if (!event.venueUsable) problems.push('Its venue is not active, or not the partner’s.')
  if (event.startsAt <= at) problems.push('It begins in the past.')
  if (event.salesCloseAt <= at) problems.push('Its sales close in the past.')
  if (event.ticketTypes.length === 0) problems.push('It has no ticket types.')
  return [...problems, ...problemsOfTypes(event)]
}

/** Why these ticket types cannot be sold together, one sentence for each reason; none when they can. */
export function problemsOfTypes({
  ticketTypes,
  categories,
}: Pick<Publishable, 'ticketTypes' | 'categories'>): string[] {
  const seatless = ticketTypes.filter(
    (type) => type.seated && !categories.find((it) => it.category === type.category)?.seats,
  )
  const names = ticketTypes.map(({ name }) => name)
  const seated = ticketTypes.flatMap((type) => (type.seated ? [type.category ?? ''] : []))
  return [
    ...seatless.map(
      (type) => `The plan has no seats of the category ${type.category ?? '(none)'} that ${type.name} sells.`,
    ),
    ...repeated(names).map((name) => `Two ticket types have the name ${name}.`),
    ...repeated(seated).map((category) => `Two ticket types sell the seats of the category ${category}.`),
    ...crowdedAreas({ ticketTypes, categories }),
  ]
}

const repeated = (values: readonly string[]) => [
  ...new Set(values.filter((value, index) => values.indexOf(value) < index)),
]

/** Areas of which more tickets would be sold than there is room, by all ticket types of their category together. */
function crowdedAreas({ ticketTypes, categories }: Pick<Publishable, 'ticketTypes' | 'categories'>): string[] {
  return categories.flatMap(({ category, units }) => {
    const types = ticketTypes.filter((type) => !type.seated && type.category === category)
    const tickets = types.reduce((sum, { capacity }) => sum + capacity, 0)
    if (units === 0 || tickets <= units) return []
    const names = types.map(({ name }) => name).join(' and ')
    return [
      `${names} ${types.length > 1 ? 'have' : 'has'} more tickets than the area has room: ${tickets} for ${units}.`,
    ]
  })
}
