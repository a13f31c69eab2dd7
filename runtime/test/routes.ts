import { defineEvent } from '@tikitu/schema/events/define'
import { pino } from 'pino'
import { z } from 'zod'

/** An event that says only which of its key it is. */
export const Counted = defineEvent('test.counted', z.object({ key: z.string(), n: z.int() }), (data) => data.key)

/** Payment hears what booking counts. */
export const ROUTES = { booking: [], payment: [Counted.type] }

/** Nobody reads the log of a test. */
export const silent = pino({ level: 'silent' })
