import { parse } from 'csv-parse/sync'
import { z } from 'zod'

/** A football stadium as the demo's venues are made of it. */
export interface Stadium {
  /** Unique among the stadiums, and the same on every run: `emirates-stadium`. */
  readonly slug: string
  /** The club that plays there. */
  readonly team: string
  /** `CreateVenueInput` but for whose venue it is. */
  readonly venue: {
    readonly name: string
    readonly city: string
    /** ISO 3166-1 alpha-2. */
    readonly country: string
    readonly location: { readonly latitude: number; readonly longitude: number }
    /** IANA. */
    readonly timezone: string
    readonly capacity: number
    readonly description: string
  }
}

const line = z.object({
  Team: z.string().min(1),
  City: z.string().min(1),
  Stadium: z.string().min(1),
  Capacity: z.coerce.number().int().positive(),
  Latitude: z.coerce.number().min(-90).max(90),
  Longitude: z.coerce.number().min(-180).max(180),
  Country: z.string().min(1),
})

/** Reads `stadiums-gps.csv`. Throws with the number of the line when one cannot be a venue. */
export function readStadiums(csv: string): Stadium[] {
  const records: unknown[] = parse(csv, { columns: true, trim: true, bom: true, skip_empty_lines: true })
  return records.map((record, index) => {
    const parsed = line.safeParse(record)
    // The first line names the columns.
    if (!parsed.success) throw new Error(`line ${index + 2}: ${z.prettifyError(parsed.error)}`)
    return stadiumOf(parsed.data, index + 2)
  })
}

function stadiumOf(record: z.infer<typeof line>, lineNumber: number): Stadium {
  const { Team: team, City: city, Stadium: name, Capacity: capacity, Latitude: latitude, Longitude: longitude } = record
  const place = COUNTRIES.get(record.Country)
  if (!place) throw new Error(`line ${lineNumber}: nobody has said which country ${record.Country} is`)
  return {
    slug: slugOf(name),
    team,
    venue: {
      name,
      city,
      country: place.code,
      location: { latitude, longitude },
      timezone: place.timezone(longitude),
      capacity,
      description: `Home of ${team}.`,
    },
  }
}

/** West of this, in degrees east, what belongs to Spain is the Canary Islands, an hour behind it. */
const CANARY_LONGITUDE = -13

/** What there is to know about a country of the file. */
interface Country {
  /** ISO 3166-1 alpha-2. */
  readonly code: string
  readonly timezone: (longitude: number) => string
}

const BRITAIN: Country = { code: 'GB', timezone: () => 'Europe/London' }

/** By the file's names, which are also those of parts of a country. */
const COUNTRIES: ReadonlyMap<string, Country> = new Map<string, Country>([
  ['England', BRITAIN],
  ['Scotland', BRITAIN],
  ['Germany', { code: 'DE', timezone: () => 'Europe/Berlin' }],
  ['France', { code: 'FR', timezone: () => 'Europe/Paris' }],
  ['Spain', { code: 'ES', timezone: (east) => (east < CANARY_LONGITUDE ? 'Atlantic/Canary' : 'Europe/Madrid') }],
])

/** `Estadio del Mediterráneo` is `estadio-del-mediterraneo`. */
function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}
