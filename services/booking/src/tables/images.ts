import { sql } from 'drizzle-orm'
import { check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { bytea, instant, oneOf } from './columns.ts'
import { events } from './events.ts'

export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const

/** Pictures of events, where there is no object storage. What is under an id never changes. */
export const eventImages = pgTable(
  'event_images',
  {
    id: uuid('id').primaryKey(),
    eventId: uuid('event_id')
      .notNull()
      .references(() => events.id),
    contentType: text('content_type', { enum: IMAGE_TYPES }).notNull(),
    bytes: bytea('bytes').notNull(),
    uploadedAt: instant('uploaded_at').notNull(),
  },
  (table) => [
    index('event_images_by_event').on(table.eventId),
    check('event_images_type', oneOf('content_type', IMAGE_TYPES)),
    check('event_images_size', sql`octet_length(bytes) between 1 and 10485760`),
  ],
)
