import type { Ask } from '../graph.ts'
import { until } from '../wait.ts'
import {
  ADD_API_CLIENT,
  CREATE_EVENT,
  CREATE_SEATING_PLAN,
  CREATE_VENUE,
  MY_PARTNERS,
  PARTNER_EVENTS,
  PUBLISH_EVENT,
  REGISTER_PARTNER,
  VENUES,
  VERIFY_PARTNER,
} from './operations.ts'
import { smallerEvent, STADIUM_EVENT_TITLE, stadiumEvent, type PlannedEvent } from './programme.ts'

/** A member of a mutation's union, as far as the loading looks at it. */
interface Member {
  readonly __typename: string
  readonly id?: string
  readonly message?: string
  readonly partnerId?: string
  readonly problems?: unknown
}

/** A venue of a demo partner, as `createVenue` wants it, the partner aside. */
export interface PlannedVenue {
  readonly name: string
  readonly city: string
  readonly country: string
  readonly capacity: number
  readonly timezone: string
  readonly location: { readonly latitude: number; readonly longitude: number }
}

/** The big seating plan, as `createSeatingPlan` wants it, the venue aside. */
export interface PlannedSeating {
  readonly name: string
  readonly sections: readonly { readonly rows: readonly { readonly seats: number }[] }[]
  readonly areas: readonly { readonly capacity: number }[]
}

/** Everything that is needed to load the demo data. */
export interface DemoData {
  readonly promoter: Ask
  readonly operator: Ask
  readonly venues: readonly PlannedVenue[]
  readonly seating: PlannedSeating
  /** The Cognito app client of the first partner's own program. */
  readonly machineClientId: string
  readonly now: Date
  readonly report: (progress: string) => void
}

/** The demo's partners: one for each country, all run by the promoter. */
const PARTNERS: Readonly<Record<string, { companyName: string; currency: string }>> = {
  GB: { companyName: 'Albion Arenas', currency: 'GBP' },
  FR: { companyName: 'Stades Réunis', currency: 'EUR' },
  DE: { companyName: 'Arenen Verbund', currency: 'EUR' },
  ES: { companyName: 'Estadios Unidos', currency: 'EUR' },
}

/** How many smaller events there are, spread over the venues. */
const SMALLER_EVENTS = 36

/** How many requests are under way at once while loading. */
const CONCURRENCY = 8

interface Venue {
  readonly id: string
  readonly name: string
  readonly city: string
  readonly capacity: number
  readonly seatingPlans: readonly { readonly id: string; readonly name: string }[]
}

/**
 * Loads the demo data through the graph, with nothing that a promoter and an operator could not do themselves.
 * Whatever is there already is left alone, so it can be repeated, also after it was interrupted.
 */
export async function loadDemoData(data: DemoData): Promise<void> {
  const partners = await ensurePartners(data)
  const venuesByPartner = await ensureVenues(data, partners)
  const [stadium, plan] = await ensureStadium(data, partners, venuesByPartner)
  await ensureEvents(data, partners, venuesByPartner, { stadium, plan })
}

async function ensurePartners({ promoter, operator, machineClientId, report }: DemoData): Promise<Map<string, string>> {
  const partners = new Map<string, string>()
  for (const [country, { companyName }] of Object.entries(PARTNERS)) {
    const { myPartners } = await promoter<{ myPartners: { id: string; companyName: string; status: string }[] }>(
      MY_PARTNERS,
    )
    let partner = myPartners.find((one) => one.companyName === companyName)
    if (!partner) {
      const input = { companyName, contactEmail: 'promoter@example.com' }
      const { registerPartner } = await promoter<{ registerPartner: Member }>(REGISTER_PARTNER, { input })
      partner = { id: idOf(registerPartner, 'Partner'), companyName, status: 'PENDING' }
    }
    if (partner.status === 'PENDING') {
      const { verifyPartner } = await operator<{ verifyPartner: Member }>(VERIFY_PARTNER, { partnerId: partner.id })
      idOf(verifyPartner, 'Partner')
    }
    partners.set(country, partner.id)
  }
  const partnerId = partners.get('GB')
  const input = { partnerId, clientId: machineClientId, name: 'Box office' }
  const { addApiClient } = await operator<{ addApiClient: Member }>(ADD_API_CLIENT, { input })
  if (!['ApiClient', 'ApiClientTaken'].includes(addApiClient.__typename)) throw refused(addApiClient)
  report(`${partners.size} partners`)
  return partners
}

async function ensureVenues(data: DemoData, partners: ReadonlyMap<string, string>): Promise<Map<string, Venue[]>> {
  const { promoter, venues, report } = data
  // A new owner's token is a stranger to the gateway's memory for a moment; the first venue waits for it.
  const known = new Map<string, Set<string>>()
  for (const partnerId of partners.values())
    known.set(partnerId, new Set((await venuesOf(promoter, partnerId)).map(keyOf)))
  const missing = venues.filter((venue) => !known.get(partnerOf(partners, venue.country))?.has(keyOf(venue)))
  let count = 0
  await inParallel(missing, async (venue) => {
    const input = { ...venue, partnerId: partnerOf(partners, venue.country) }
    await until('the promoter’s membership to be known', async () => {
      const { createVenue } = await promoter<{ createVenue: Member }>(CREATE_VENUE, { input })
      if (createVenue.__typename === 'PartnerNotFound' || createVenue.__typename === 'PartnerNotInState')
        return undefined
      return idOf(createVenue, 'Venue')
    })
    if (++count % 34 === 0) report(`${count} of ${missing.length} venues`)
  })
  const found = new Map<string, Venue[]>()
  for (const partnerId of partners.values()) found.set(partnerId, await venuesOf(promoter, partnerId))
  return found
}

const keyOf = ({ name, city }: { name: string; city: string }) => `${name}\n${city}`

async function venuesOf(promoter: Ask, partnerId: string): Promise<Venue[]> {
  type Answer = { venues: { edges: { node: Venue }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } }
  const all: Venue[] = []
  for (let after: string | null = null; ;) {
    const { venues }: Answer = await promoter<Answer>(VENUES, { partnerId, after })
    all.push(...venues.edges.map(({ node }) => node))
    if (!venues.pageInfo.hasNextPage) return all
    after = venues.pageInfo.endCursor
  }
}

/** The stadium plan goes to the smallest venue that is large enough for it. */
async function ensureStadium(
  { promoter, seating, report }: DemoData,
  partners: ReadonlyMap<string, string>,
  venues: ReadonlyMap<string, Venue[]>,
): Promise<[Venue, string]> {
  const places = seating.sections.flatMap(({ rows }) => rows).reduce((sum, { seats }) => sum + seats, 0)
  const people = seating.areas.reduce((sum, { capacity }) => sum + capacity, places)
  const candidates = venues.get(partnerOf(partners, 'GB'))?.filter(({ capacity }) => capacity >= people) ?? []
  const [stadium] = candidates.toSorted(
    (left, right) => left.capacity - right.capacity || (left.name < right.name ? -1 : 1),
  )
  if (!stadium) throw new Error(`no venue takes ${people} people`)
  const known = stadium.seatingPlans.find(({ name }) => name === seating.name)
  if (known) return [stadium, known.id]
  const input = { ...seating, venueId: stadium.id }
  const { createSeatingPlan } = await promoter<{ createSeatingPlan: Member }>(CREATE_SEATING_PLAN, { input })
  report(`a seating plan of ${places} seats at ${stadium.name}`)
  return [stadium, idOf(createSeatingPlan, 'SeatingPlan')]
}

async function ensureEvents(
  data: DemoData,
  partners: ReadonlyMap<string, string>,
  venues: ReadonlyMap<string, Venue[]>,
  { stadium, plan }: { stadium: Venue; plan: string },
): Promise<void> {
  const { promoter, now, report } = data
  const known = new Set<string>()
  for (const partnerId of partners.values())
    for (const title of await titlesOnSale(promoter, partnerId)) known.add(title)
  if (!known.has(STADIUM_EVENT_TITLE)) {
    const event = { ...stadiumEvent(now), seatingPlanId: plan }
    await putOnSale(promoter, { partnerId: partnerOf(partners, 'GB'), venueId: stadium.id, currency: 'GBP', event })
    report(STADIUM_EVENT_TITLE)
  }
  const stages = [...partners].flatMap(([country, partnerId]) =>
    (venues.get(partnerId) ?? []).map((venue) => ({ country, partnerId, venue })),
  )
  const programme = Array.from({ length: SMALLER_EVENTS }, (_, index) => {
    // A step that shares no factor with the number of venues reaches a different one each time.
    const { country, partnerId, venue } = stages[(index * 37) % stages.length] ?? raise('there are no venues')
    return {
      partnerId,
      venueId: venue.id,
      currency: PARTNERS[country]?.currency ?? 'EUR',
      event: smallerEvent(now, index, venue.city),
    }
  }).filter(({ event }) => !known.has(event.title))
  await inParallel(programme, (planned) => putOnSale(promoter, planned))
  report(`${programme.length} smaller events`)
}

async function titlesOnSale(promoter: Ask, partnerId: string): Promise<string[]> {
  type Answer = {
    events: { edges: { node: { title: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
  }
  const titles: string[] = []
  for (let after: string | null = null; ;) {
    const { events }: Answer = await promoter<Answer>(PARTNER_EVENTS, { filter: { partnerId }, after })
    titles.push(...events.edges.map(({ node }) => node.title))
    if (!events.pageInfo.hasNextPage) return titles
    after = events.pageInfo.endCursor
  }
}

async function putOnSale(
  promoter: Ask,
  {
    partnerId,
    venueId,
    currency,
    event,
  }: { partnerId: string; venueId: string; currency: string; event: PlannedEvent & { seatingPlanId?: string } },
): Promise<void> {
  // Venue, plan and partner reach booking by events, moments after partner said yes.
  const notYet = new Set(['VenueUnavailable', 'SeatingPlanNotFound', 'PartnerMayNotSell'])
  const eventId = await until(`booking to know the venue of ${event.title}`, async () => {
    const { createEvent } = await promoter<{ createEvent: Member }>(CREATE_EVENT, {
      input: { ...event, partnerId, venueId, currency },
    })
    return notYet.has(createEvent.__typename) ? undefined : idOf(createEvent, 'Event')
  })
  const { publishEvent } = await promoter<{ publishEvent: Member }>(PUBLISH_EVENT, { eventId })
  idOf(publishEvent, 'Event')
}

function partnerOf(partners: ReadonlyMap<string, string>, country: string): string {
  return partners.get(country) ?? raise(`there is no demo partner for ${country}`)
}

function idOf(member: Member, typename: string): string {
  if (member.__typename !== typename || member.id === undefined) throw refused(member)
  return member.id
}

function refused(member: Member): Error {
  return new Error(`demo data was refused: ${JSON.stringify(member)}`)
}

function raise(message: string): never {
  throw new Error(message)
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}
