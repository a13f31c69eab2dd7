import { sql } from 'drizzle-orm'
import { check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** Scanners at doors: issued by the seller's people, then registered by whoever holds the device. Secrets only as SHA-256. */
export const doorDevices = pgTable(
  'door_devices',
  {
    id: uuid('id').primaryKey(),
    partnerId: uuid('partner_id').notNull(),
    /** Null: all events of the partner. */
    eventId: uuid('event_id'),
    name: text('name').notNull(),
    tokenHash: text('token_hash').notNull(),
    tokenExpiresAt: instant('token_expires_at').notNull(),
    createdAt: instant('created_at').notNull(),
    registeredAt: instant('registered_at'),
    credentialHash: text('credential_hash'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    index('door_devices_by_partner').on(table.partnerId, table.id),
    check('door_devices_registered_with_credential', sql`(registered_at is null) = (credential_hash is null)`),
  ],
)
