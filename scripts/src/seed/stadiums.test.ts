import { readFileSync } from 'node:fs'
import { country, timezone } from '@tikitu/runtime/validate'
import { describe, expect, it } from 'vitest'
import { inRepository } from '../repository.ts'
import { problemsOfInput } from '../../test/partner-contract.ts'
import { readStadiums } from './stadiums.ts'

const csv = readFileSync(inRepository('scripts/data/stadiums-gps.csv'), 'utf8')
const HEADER = 'Team,FDCOUK,City,Stadium,Capacity,Latitude,Longitude,Country'

describe('a line that cannot be a venue', () => {
  it.each([
    ['an unknown country', 'A,A,B,C,1,0,0,Atlantis', 'line 2: nobody has said which country Atlantis is'],
    ['no name', 'A,A,B, ,1,0,0,Spain', 'line 2'],
    ['no capacity', 'A,A,B,C,,0,0,Spain', 'line 2'],
    ['a place off the earth', 'A,A,B,C,1,91,0,Spain', 'line 2'],
    ['a column too few', 'A,A,B,C,1,0,0', 'Invalid Record Length'],
  ])('with %s is named', (_what, line, message) => {
    expect(() => readStadiums(`${HEADER}\n${line}\n`)).toThrow(message)
  })
})

describe('the stadiums', () => {
  const stadiums = readStadiums(csv)

  it('are 136, each with a name of its own', () => {
    expect(stadiums).toHaveLength(136)
    expect(new Set(stadiums.map(({ slug }) => slug)).size).toBe(136)
    for (const { slug } of stadiums) expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  })

  it('are all what the graph takes for a venue', () => {
    for (const { slug, venue } of stadiums) {
      expect(problemsOfInput('CreateVenueInput', { ...venue, partnerId: 'any' }), slug).toEqual([])
      expect(country.safeParse(venue.country).success, slug).toBe(true)
      expect(timezone.safeParse(venue.timezone).success, slug).toBe(true)
      expect(venue.capacity, slug).toBeLessThanOrEqual(1_000_000)
    }
  })

  it('have lost their stray spaces', () => {
    expect(JSON.stringify(stadiums)).not.toMatch(/ "|" /)
    expect(stadiums[0]).toEqual({
      slug: 'emirates-stadium',
      team: 'Arsenal',
      venue: {
        name: 'Emirates Stadium',
        city: 'London',
        country: 'GB',
        location: { latitude: 51.555, longitude: -0.108611 },
        timezone: 'Europe/London',
        capacity: 60_361,
        description: 'Home of Arsenal.',
      },
    })
  })

  it('lie in four countries and their time zones', () => {
    const zones = Map.groupBy(stadiums, ({ venue }) => `${venue.country} ${venue.timezone}`)
    expect(Object.fromEntries([...zones].map(([zone, group]) => [zone, group.length]))).toEqual({
      'GB Europe/London': 62,
      'DE Europe/Berlin': 23,
      'ES Europe/Madrid': 25,
      'FR Europe/Paris': 26,
    })
  })

  it('on the Canary Islands go by their own time', () => {
    const [stadium] = readStadiums(`${HEADER}\nLas Palmas,x,Las Palmas ,Gran Canaria ,32400,28.1003,-15.4569,Spain\n`)
    expect(stadium?.venue).toMatchObject({ country: 'ES', timezone: 'Atlantic/Canary' })
  })

  it('keep their accents, which their slugs lose', () => {
    expect(stadiums.find(({ slug }) => slug === 'estadio-del-mediterraneo')?.venue.name).toBe(
      'Estadio del Mediterráneo',
    )
  })
})
