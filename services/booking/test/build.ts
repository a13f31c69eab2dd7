import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accept, accepted } from '@tikitu/runtime/outcome'
import { initialSettings } from '@tikitu/runtime/settings'
import { transact } from '@tikitu/runtime/transact'
import {
  copyRowHints,
  copySeats,
  insertEvent,
  insertTicketTypes,
  markPublished,
  stockAdmission,
  ticketTypesOfEvents,
  type EventRow,
  type TicketTypeRow,
} from '../src/events/event.sql.ts'
import type { HeldTickets } from '../src/holds/hold.rules.ts'
import { holdGeneralAdmission, holdLimits, holdSeats } from '../src/holds/holds.ts'
import { openKeyring } from '../src/tickets/keyring.ts'
import { planCategories } from '../src/venues/plan.sql.ts'
import { upsertPartner, upsertVenue, venueById } from '../src/venues/venue.sql.ts'
import { learnPlan } from '../src/venues/venues.ts'

/** The secret under which tests seal the keys of events. */
export const TICKET_KEY_SECRET = 'a secret that seals keys only in tests'

/** The keyring of tests. */
export const keyring = openKeyring(TICKET_KEY_SECRET)

/** The limits on holds as they are initially. */
export const LIMITS = holdLimits(initialSettings)

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** So many days from now; negative ones are past. */
export const inDays = (days: number) => new Date(Date.now() + days * DAY)

/** A partner that may sell, at 5 % commission. Returns its id. */
export async function aPartner(
  database: Database,
  facts: Partial<Parameters<typeof upsertPartner>[1]> = {},
): Promise<string> {
  const partnerId = facts.partnerId ?? newId()
  const commission = { basisPoints: 500, fixedPerTicket: 0 }
  const fact = { partnerId, status: 'VERIFIED' as const, commission, at: inDays(-1), ...facts }
  await write(database, (tx) => upsertPartner(tx, fact))
  return partnerId
}

/** An active venue in London, of a partner that may sell unless one is given. */
export async function aVenue(
  database: Database,
  facts: Partial<Parameters<typeof upsertVenue>[1]> = {},
): Promise<{ venueId: string; partnerId: string }> {
  const partnerId = facts.partnerId ?? (await aPartner(database))
  const venue = {
    venueId: newId(),
    name: 'The Round House',
    city: 'London',
    country: 'GB',
    latitude: 51.5,
    longitude: -0.1,
    timezone: 'Europe/London',
    capacity: 50_000,
    isActive: true,
    version: 1,
    ...facts,
    partnerId,
  }
  await write(database, (tx) => upsertVenue(tx, venue))
  return { venueId: venue.venueId, partnerId }
}

/** A row of a plan under test. Its seats are `<section>-<row>-<number>`, numbered from 1. */
export interface RowSpec {
  readonly section?: string
  readonly width: number
  readonly category?: string
  /** Numbers of the seats that a wheelchair can get to. */
  readonly accessible?: readonly number[]
  /** The place that is closest to what people look at, from 0, and how far that is. */
  readonly focus?: { readonly place: number; readonly distance: number }
}

/** A plan with these rows, or with two rows of six seats of the category STALLS in the section A. Returns its id. */
export async function aPlan(
  database: Database,
  { venueId, partnerId }: { venueId: string; partnerId: string },
  rows: readonly RowSpec[] = [{ width: 6 }, { width: 6 }],
  areas: readonly { name: string; category: string; capacity: number }[] = [],
): Promise<string> {
  const planId = newId()
  const sections = [...Map.groupBy(rows, ({ section = 'A' }) => section)].map(([name, rowsOfSection]) => ({
    name,
    rows: rowsOfSection.map(({ width, category = 'STALLS', accessible = [], focus }, index) => ({
      name: String(index + 1),
      category,
      ...(focus && { focus }),
      seats: Array.from({ length: width }, (_, place) => ({
        id: `${name}-${index + 1}-${place + 1}`,
        number: String(place + 1),
        ...(accessible.includes(place + 1) ? { accessible: true as const } : {}),
      })),
    })),
  }))
  const plan = {
    planId,
    venueId,
    partnerId,
    name: 'The whole house',
    version: 1,
    seatCount: 0,
    categories: [],
    sections,
  }
  await write(database, (tx) => learnPlan(tx, { ...plan, areas: [...areas], at: new Date().toISOString() }))
  return planId
}

/** What a test says about an event; the rest is as below. */
export interface EventFacts extends Partial<Omit<EventRow, 'status'>> {
  readonly status?: 'DRAFT' | 'PUBLISHED'
  /** The rows of its plan; `[]` for an event without seats. */
  readonly rows?: readonly RowSpec[]
  /** The prices of the plan's categories; a category without one is not for sale. 5000 for STALLS unless said. */
  readonly prices?: Readonly<Record<string, number>>
  /** Units of the general-admission type `Standing` at 2000; 20 unless said, 0 for no such type. */
  readonly standing?: number
  /** Facts about all of its ticket types. */
  readonly perBooking?: { readonly min: number; readonly max: number }
  /** Facts about single ticket types, by name. */
  readonly typeFacts?: Readonly<Record<string, Partial<TicketTypeRow>>>
}

/** An event under test and what belongs to it. */
export interface TestEvent extends EventRow {
  /** By name; a seated type is named after its category. */
  readonly types: Readonly<Record<string, TicketTypeRow>>
}

/** An event on sale since yesterday, in thirty days: twelve seats at 50.00 EUR, and twenty to stand at 20.00. */
export async function anEvent(database: Database, facts: EventFacts = {}): Promise<TestEvent> {
  const {
    rows,
    prices = { STALLS: 5000 },
    standing = 20,
    perBooking = { min: 1, max: 10 },
    typeFacts = {},
    status,
    ...columns
  } = facts
  const venue = columns.venueId
    ? { venueId: columns.venueId, partnerId: columns.partnerId ?? (await partnerOf(database, columns.venueId)) }
    : await aVenue(database, columns.partnerId ? { partnerId: columns.partnerId } : {})
  const planId = rows?.length === 0 ? null : (columns.seatingPlanId ?? (await aPlan(database, venue, rows)))
  const startsAt = columns.startsAt ?? inDays(30)
  const id = columns.id ?? newId()

  return write(database, async (tx) => {
    const categories = planId === null ? [] : await planCategories(tx, planId)
    const drafted = await insertEvent(tx, {
      title: 'An evening',
      description: null,
      category: 'MUSIC',
      startsAt,
      endsAt: new Date(startsAt.getTime() + 3 * HOUR),
      doorsAt: new Date(startsAt.getTime() - HOUR),
      timezone: 'Europe/London',
      salesOpenAt: inDays(-1),
      salesCloseAt: startsAt,
      currency: 'EUR',
      imageUrl: null,
      maxTicketsPerBuyer: 10,
      createdAt: inDays(-2),
      ...columns,
      ...venue,
      id,
      seatingPlanId: planId,
      status: 'DRAFT',
    })
    const seated = categories.filter(({ category }) => prices[category] !== undefined)
    const types = [
      ...seated.map(({ category, seats }) => ({
        name: category,
        seated: true,
        category,
        price: prices[category] ?? 0,
        capacity: seats,
      })),
      ...(standing > 0 ? [{ name: 'Standing', seated: false, category: null, price: 2000, capacity: standing }] : []),
    ]
    await insertTicketTypes(
      tx,
      types.map((type, index) => ({
        ...type,
        id: newId(),
        eventId: id,
        no: index + 1,
        minPerBooking: perBooking.min,
        maxPerBooking: perBooking.max,
        ...typeFacts[type.name],
      })),
    )
    const event = status === 'DRAFT' ? drafted : await publish(tx, id)
    const byName = (await ticketTypesOfEvents(tx, [id])).map((type) => [type.name, type] as const)
    return { ...event, types: Object.fromEntries(byName) }
  })

  async function publish(tx: Parameters<typeof copySeats>[0], eventId: string): Promise<EventRow> {
    const published = await markPublished(tx, eventId, inDays(-1))
    await copySeats(tx, eventId)
    await copyRowHints(tx, eventId)
    await stockAdmission(tx, eventId)
    await keyring.createEventKey(tx, eventId)
    return published
  }
}

async function partnerOf(database: Database, venueId: string): Promise<string> {
  const venue = await venueById(database.orm, venueId)
  if (!venue) throw new Error('there is no such venue')
  return venue.partnerId
}

/** What a test says about a hold: seats by their ids, or so many units of the type `Standing`. */
export interface HoldFacts {
  readonly event: TestEvent
  readonly userId?: string
  readonly seatIds?: readonly string[]
  readonly units?: number
  readonly idempotencyKey?: string
}

/** A hold of somebody's: the seats A-1-1 and A-1-2 unless said otherwise. */
export async function aHold(database: Database, facts: HoldFacts): Promise<HeldTickets & { userId: string }> {
  const { event, userId = newId(), seatIds = ['A-1-1', 'A-1-2'], units, idempotencyKey = newId() } = facts
  const buyer = { userId, eventId: event.id, idempotencyKey, limits: LIMITS }
  const outcome =
    units === undefined
      ? await holdSeats(database, { ...buyer, seatIds })
      : await holdGeneralAdmission(database, {
          ...buyer,
          ticketTypeId: event.types['Standing']?.id ?? '',
          quantity: units,
        })
  return { ...accepted<HeldTickets>(outcome), userId }
}

/** Lets holds and pending bookings run out as if their time had passed, with their seats. */
export async function runOut(database: Database, bookingIds: readonly string[]): Promise<void> {
  const past = `now() - interval '1 second'`
  await database.pool.query(`update bookings set expires_at = ${past} where id = any($1)`, [bookingIds])
  await database.pool.query(`update event_seats set expires_at = ${past} where booking_id = any($1)`, [bookingIds])
  await database.pool.query(
    `update admission_stock set next_due = ${past}
     where ticket_type_id in (select ticket_type_id from bookings where id = any($1))`,
    [bookingIds],
  )
  await database.pool.query(
    `update seat_row_hints h set next_due = ${past}
     where exists (
       select from bookings b cross join unnest(b.seat_nos) as seat
       where b.id = any($1) and b.event_id = h.event_id and seat between h.base_seat and h.base_seat + h.width - 1)`,
    [bookingIds],
  )
}

async function write<Value>(
  database: Database,
  work: (tx: Parameters<typeof copySeats>[0]) => Promise<Value>,
): Promise<Value> {
  const outcome = await transact(database, async (tx) => accept(await work(tx)))
  return accepted(outcome)
}
