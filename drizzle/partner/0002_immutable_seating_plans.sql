-- Tickets were sold by the versions of a seating plan: whoever wants another plan adds a version.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% never changes: % is refused', tg_table_name, lower(tg_op)
    using errcode = 'restrict_violation', hint = 'Add a version instead.';
end $$;
--> statement-breakpoint
create trigger seating_plans_never_change before update or delete on seating_plans
  for each row execute function refuse_change();
--> statement-breakpoint
create trigger seating_plans_never_vanish before truncate on seating_plans
  for each statement execute function refuse_change();
