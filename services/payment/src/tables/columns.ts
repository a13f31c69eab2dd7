import { sql } from 'drizzle-orm'
import { bigint, timestamp } from 'drizzle-orm/pg-core'

/** Milliseconds, like every instant that leaves the service, so that a cursor made of one continues exactly after it. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
/** An amount in the smallest unit of its currency. */
export const minorUnits = (name: string) => bigint(name, { mode: 'number' })
/** Values as SQL writes a list of them. */
export const list = (values: readonly string[]) => values.map((value) => `'${value}'`).join(', ')
/** The condition that a column has one of these values. */
export const oneOf = (column: string, values: readonly string[]) => sql.raw(`${column} in (${list(values)})`)
/** The condition that `currency` could be one. */
export const isCurrency = sql`currency ~ '^[A-Z]{3}$'`
