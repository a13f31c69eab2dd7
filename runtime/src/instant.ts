/** The years 1 to 9999: ISO 8601 writes them with four digits, and PostgreSQL reads them as we mean them. */
const FIRST = Date.parse('0001-01-01T00:00:00.000Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** Whether this is an instant that can be stored: a valid one, of the years 1 to 9999. */
export function isStorable(instant: Date): boolean {
  const time = instant.getTime()
  return time >= FIRST && time <= LAST
}
