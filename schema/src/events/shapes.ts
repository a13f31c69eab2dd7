import { z } from 'zod'

/** A UUID, version 7 unless it came from outside. */
export const id = z.uuid()

/** An instant, ISO 8601 in UTC. */
export const instant = z.iso.datetime()

/** Minor units of a currency (cents, yen, fils). */
export const minorUnits = z.int()

/** An ISO 4217 currency code. */
export const currency = z.string().regex(/^[A-Z]{3}$/)

/** An amount of money: an integer of minor units and its currency. */
export const money = z.object({ amount: minorUnits, currency })
