ALTER TABLE "events" ADD COLUMN "max_tickets_ever" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- What was allowed before is not known any more.
UPDATE "events" SET "max_tickets_ever" = "max_tickets_per_buyer";--> statement-breakpoint
-- The most that a buyer may have had of an event since it is on sale; a draft has no buyers.
create function remember_most_tickets() returns trigger
language plpgsql as $$
begin
  new.max_tickets_ever := case
    when tg_op = 'INSERT' or old.status = 'DRAFT' then new.max_tickets_per_buyer
    else greatest(old.max_tickets_ever, new.max_tickets_per_buyer)
  end;
  return new;
end $$;--> statement-breakpoint
create trigger events_remember_most_tickets before insert or update of max_tickets_per_buyer on events
  for each row execute function remember_most_tickets();
