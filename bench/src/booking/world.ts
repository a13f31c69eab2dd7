import { newId } from '@tikitu/runtime/ids'
import type { EventType } from '@tikitu/schema/events/define'
import { PartnerVerified, SeatingPlanPublished, VenuePublished } from '@tikitu/schema/events/partner'
import type pg from 'pg'
import { ownerOf, type Stage } from './stage.ts'

/** Seats in a row of every hall. */
export const ROW_WIDTH = 40

/** Units of general admission that no bench comes near to selling. */
const PLENTY = 1_000_000

const DAY = 86_400_000

/** Somebody who sells, and where. */
export interface Seller {
  readonly partnerId: string
  readonly venueId: string
}

/** An event on sale. */
export interface OnSale {
  readonly eventId: string
  /** Null when it has no seats. */
  readonly seatedTypeId: string | null
  readonly admissionTypeId: string
}

/** How a seat of any hall is named, by its number. */
export const seatId = (seatNo: number) => `S${seatNo}`

/** A partner with a venue. All of this world comes in by the service's own doors. */
export async function aSeller({ pool }: Pick<Stage, 'pool'>): Promise<Seller> {
  const [partnerId, venueId] = [newId(), newId()]
  const at = new Date().toISOString()
  await tell(pool, PartnerVerified, {
    partnerId,
    ownerId: newId(),
    companyName: 'Albion Arenas',
    commission: { basisPoints: 500, fixedPerTicket: 0, effectiveFrom: at },
    at,
  })
  await tell(pool, VenuePublished, {
    venueId,
    partnerId,
    name: 'The Round House',
    address: null,
    city: 'London',
    country: 'GB',
    latitude: 51.5,
    longitude: -0.1,
    timezone: 'Europe/London',
    capacity: PLENTY,
    isActive: true,
    version: 1,
    at,
  })
  return { partnerId, venueId }
}

/** A hall of so many seats in rows of `ROW_WIDTH`. Returns its plan. */
export async function aHall({ pool }: Stage, { partnerId, venueId }: Seller, seatCount: number): Promise<string> {
  const planId = newId()
  const rows = Array.from({ length: Math.ceil(seatCount / ROW_WIDTH) }, (_, row) => ({
    name: String(row + 1),
    category: 'STALLS',
    seats: Array.from({ length: Math.min(ROW_WIDTH, seatCount - row * ROW_WIDTH) }, (_, place) => ({
      id: seatId(row * ROW_WIDTH + place),
      number: String(place + 1),
    })),
  }))
  await tell(pool, SeatingPlanPublished, {
    planId,
    venueId,
    partnerId,
    name: `A hall of ${seatCount}`,
    version: 1,
    seatCount,
    categories: ['STALLS'],
    sections: [{ name: 'A', rows }],
    areas: [],
    at: new Date().toISOString(),
  })
  return planId
}

/** An event on sale in a hall, or without seats. It has general admission in any case, `capacity` units of it. */
export async function anEvent(
  stage: Pick<Stage, 'ask'>,
  { partnerId, venueId }: Seller,
  { hall = null, capacity = PLENTY }: { hall?: string | null; capacity?: number } = {},
): Promise<OnSale> {
  const startsAt = Date.now() + 30 * DAY
  const seated = hall === null ? [] : [{ name: 'Stalls', seated: true, category: 'STALLS', price: 5000 }]
  const input = {
    partnerId,
    venueId,
    seatingPlanId: hall,
    title: 'An evening',
    category: 'MUSIC',
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(startsAt + DAY / 8).toISOString(),
    currency: 'EUR',
    ticketTypes: [...seated, { name: 'Standing', seated: false, price: 2000, capacity }],
  }
  const owner = ownerOf(partnerId)
  const { createEvent } = await stage.ask(owner, CREATE, { input })
  const { id, ticketTypes = [] } = createEvent as { id?: string; ticketTypes?: { id: string; seated: boolean }[] }
  if (id === undefined) throw new Error(`no event: ${JSON.stringify(createEvent)}`)
  const { publishEvent } = await stage.ask(owner, PUBLISH, { input: { eventId: id } })
  if ((publishEvent as { status?: string }).status !== 'PUBLISHED') throw new Error(JSON.stringify(publishEvent))
  return {
    eventId: id,
    seatedTypeId: ticketTypes.find((type) => type.seated)?.id ?? null,
    admissionTypeId: ticketTypes.find((type) => !type.seated)?.id ?? '',
  }
}

const CREATE = `mutation ($input: CreateEventInput!) { createEvent(input: $input) { __typename
  ... on Event { id ticketTypes { id seated } } ... on Refusal { message } } }`
const PUBLISH = `mutation ($input: PublishEventInput!) { publishEvent(input: $input) { __typename
  ... on Event { status } ... on Refusal { message } } }`

/** How long the service may take to learn a hall of a hundred thousand seats. */
const PATIENCE_MILLISECONDS = 60_000

/** Puts a fact into the service's inbox, as its publisher's relay would, and waits until it has been understood. */
async function tell<Data>(pool: pg.Pool, event: EventType<string, Data>, data: NoInfer<Data>): Promise<void> {
  const id = newId()
  await pool.query(
    `insert into inbox (id, source, type, version, key, occurred_at, position, correlation_id, data)
     values ($1, 'bench', $2, $3, $4, now(), '0', 'bench', $5)`,
    [id, event.type, event.version, event.key(data), JSON.stringify(data)],
  )
  await pool.query(`select pg_notify('inbox', '')`)
  const deadline = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const { rows } = await pool.query<{ status: string; last_error: string | null }>(
      'select status, last_error from inbox where id = $1',
      [id],
    )
    if (rows[0]?.status === 'handled') return
    if (rows[0]?.last_error || performance.now() > deadline) {
      throw new Error(`${event.type} was not understood: ${rows[0]?.last_error ?? 'too late'}`)
    }
    await new Promise((soon) => setTimeout(soon, 20))
  }
}
