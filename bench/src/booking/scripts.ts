/*
 * Transactions in pgbench's language. Each is what the service does for one buyer alone, with a buyer and a key of its
 * own: one statement, decided, written, told to the outbox, and durable when it is answered.
 */

const WISH = (eventId: string) =>
  `row('${eventId}'::uuid, gen_random_uuid(), gen_random_uuid()::text, 'the same', 10, 3, 600, null, null)::hold_wish`

/** Two seats next to each other; every client has a part of the hall for itself and goes through it. */
export function holdTwoSeats(eventId: string, { hallSeats, clients }: { hallSeats: number; clients: number }): string {
  const share = Math.floor(hallSeats / clients / 2) * 2
  return [
    // The server makes the arrays: a variable of pgbench is a number.
    `\\set first :client_id * ${share} + mod(:n, ${share})`,
    '\\set second :first + 1',
    '\\set n :n + 2',
    `select outcome from hold_seats(${WISH(eventId)}, array[:first, :second]::integer[]);`,
  ].join('\n')
}

/** One unit of general admission. */
export function holdOneUnit(eventId: string, ticketTypeId: string): string {
  return `select outcome from hold_general_admission(${WISH(eventId)}, '${ticketTypeId}', 1);\n`
}

/** The same by the naive function. */
export function holdOneUnitNaively(eventId: string, ticketTypeId: string): string {
  return `select outcome from naive_hold(${WISH(eventId)}, '${ticketTypeId}', 1);\n`
}

/**
 * What one would write first: take the unit from the counter, then do all the rest. It does the same work as ours, and
 * everybody waits for the counter until the one before has committed.
 */
export const NAIVE_HOLD = `
create or replace function naive_hold(wish hold_wish, of_ticket_type uuid, quantity integer) returns hold_answer
language plpgsql as $$
declare
  answer hold_answer;
  type_price bigint;
begin
  update admission_stock set available = available - quantity
   where ticket_type_id = of_ticket_type and available >= quantity;
  if not found then
    answer.outcome := 'SoldOut';
    return answer;
  end if;
  answer := admit_hold(wish, quantity);
  if answer.outcome is not null then
    raise exception '%', answer.outcome;
  end if;
  select price into type_price from ticket_types where id = of_ticket_type;
  answer.total := quantity * type_price;
  answer.lines := jsonb_build_array(
    jsonb_build_object('ticketTypeId', of_ticket_type, 'quantity', quantity, 'unitPrice', type_price));
  answer := record_hold(wish, answer, quantity, of_ticket_type);
  perform announce_hold(wish, answer, quantity);
  return answer;
end $$`
