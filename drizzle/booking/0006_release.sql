-- Gives a hold back. RELEASED, also when it had ended before; HoldNotFound; or HoldAlreadyUsed when it is a booking now.
create function release_hold(of_hold uuid, of_user uuid) returns hold_answer
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off as $$
declare
  answer hold_answer;
  hold bookings;
  used_as text;
begin
  select * into hold from bookings where id = of_hold and user_id = of_user;
  if not found then
    answer.outcome := 'HoldNotFound';
    return answer;
  end if;
  -- Of what was read without a lock, only what never changes is used.
  if hold.ticket_type_id is not null then
    perform from admission_stock where ticket_type_id = hold.ticket_type_id for update;
  end if;
  update bookings
     set status = 'RELEASED', ended_at = now(), end_reason = 'released by the buyer'
   where id = of_hold and status = 'HELD';
  if found then
    if hold.ticket_type_id is not null then
      update admission_stock set available = available + hold.quantity where ticket_type_id = hold.ticket_type_id;
    else
      perform give_back_seats(hold.event_id, of_hold, hold.seat_nos);
    end if;
  else
    select reference into used_as from bookings where id = of_hold;
    if used_as is not null then
      answer.outcome := 'HoldAlreadyUsed';
      return answer;
    end if;
  end if;
  answer.outcome := 'RELEASED';
  answer.id := of_hold;
  answer.event_id := hold.event_id;
  answer.expires_at := hold.expires_at;
  answer.seat_nos := hold.seat_nos;
  answer.lines := hold.lines;
  answer.total := hold.total;
  answer.currency := hold.currency;
  answer.partner_id := hold.partner_id;
  return answer;
end $$;
