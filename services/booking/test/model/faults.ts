/** Makes the database do something else instead of what it was told, in rows where the condition holds. */
function instead(table: string, moment: 'insert' | 'update', condition: string, doing: string): string {
  return `
    create function planted_fault() returns trigger language plpgsql as $fault$
    begin
      if ${condition} then ${doing} end if;
      return new;
    end $fault$;
    create trigger planted_fault before ${moment} on ${table} for each row execute function planted_fault();`
}

/** Faults that a booking service could have, planted where the database carries out what it says. */
export const FAULTS = {
  'a seat is not held': instead('event_seats', 'update', 'new.seat_no = 3', `new.expires_at := '-infinity';`),
  'a seat that was given back stays taken': instead(
    'event_seats',
    'update',
    'new.expires_at <= now() and old.expires_at > now() and current_query() not like $q$%1 second%$q$',
    'return old;',
  ),
  'units that were given back are lost': instead(
    'admission_stock',
    'update',
    'new.available > old.available',
    'new.available := old.available;',
  ),
  'a unit too few is taken': instead(
    'admission_stock',
    'update',
    'new.available < old.available - 1',
    'new.available := new.available + 1;',
  ),
  'the second ticket is not issued': instead('tickets', 'insert', 'new.no = 2', 'return null;'),
  'a cancelled ticket stays good': instead('tickets', 'update', `new.status = 'CANCELLED'`, 'return old;'),
  'a ticket with another holder keeps its code': instead(
    'tickets',
    'update',
    'new.code_version > old.code_version',
    'new.code_version := old.code_version;',
  ),
  'a ticket that was used stays unused': instead('tickets', 'update', `new.status = 'USED'`, `new.status := 'ACTIVE';`),
  'a refund is forgotten': instead('booking_refunds', 'insert', 'true', 'return null;'),
  'too little goes back': instead('booking_refunds', 'insert', 'new.amount > 1000', 'new.amount := new.amount - 1000;'),
  'an extension is forgotten': instead(
    'bookings',
    'update',
    `new.status = 'HELD' and new.expires_at > old.expires_at`,
    'new.expires_at := old.expires_at;',
  ),
  'a release is forgotten': instead('bookings', 'update', `new.status = 'RELEASED'`, 'return old;'),
  'a buyer has no limit': `
    create or replace function tickets_of_buyer(of_event uuid, of_user uuid, out tickets integer, out holds integer)
    language sql stable as $fault$ select 0, 0 $fault$;`,
} as const
