/** The years 1 to 9999: ISO 8601 writes them with four digits, and PostgreSQL reads them as we mean them. */
const FIRST = Date.parse('0001-01-01T00:00:00.000Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** Whether this is an instant that can be stored: a valid one, of the years 1 to 9999. */
export function isStorable(instant: Date): boolean {
  const time = instant.getTime()
  return time >= FIRST && time <= LAST
}

/** An instant as people at the place read it: `Saturday, 12 December 2026 at 20:00 GMT`. */
export function readableInstant(instant: Date, timezone: string, language: string): string {
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short', timeZone: timezone })
  return `${day.format(instant)} ${zoneName(instant, timezone, language)}`
}

/** What the time of the place is called then, which tells two hours of one name from each other when clocks are put back: `BST`. */
export function zoneName(instant: Date, timezone: string, language: string): string {
  const time = new Intl.DateTimeFormat(language, { timeZone: timezone, timeZoneName: 'short' })
  return time.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? timezone
}
