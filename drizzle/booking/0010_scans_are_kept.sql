-- What was there before doors knew the way out: each admission was a ticket's first and only passage.
UPDATE check_ins SET passage = 1 WHERE accepted;
--> statement-breakpoint
UPDATE tickets SET inside = status = 'USED', passages = 1 WHERE used_at IS NOT NULL;
--> statement-breakpoint
-- Scans are only ever added to: by privilege, which binds the service's own role, and by trigger, which also stops
-- whoever has more rights and not the intention.
REVOKE UPDATE, DELETE, TRUNCATE ON check_ins FROM CURRENT_USER;
--> statement-breakpoint
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER check_ins_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON check_ins
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Which transaction wrote a ticket last. A door that asks what has changed since a snapshot asks for every transaction
-- that was not over then, so it misses none that commits out of turn, as it would by a sequence or a clock.
CREATE FUNCTION note_ticket_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_in := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER tickets_note_change BEFORE INSERT OR UPDATE ON tickets
  FOR EACH ROW EXECUTE FUNCTION note_ticket_change();
