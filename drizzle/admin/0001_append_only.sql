-- What is written down stays as it was written. The trigger also stops the tables' owner and superusers who do not know;
-- the revoked rights stop a statement that was smuggled into the service before it reaches the trigger.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER setting_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON setting_changes
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
DO $$
BEGIN
	EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit_log, setting_changes FROM %I', current_user);
	EXECUTE format('REVOKE DELETE, TRUNCATE ON audit_head FROM %I', current_user);
END $$;
--> statement-breakpoint
INSERT INTO audit_head (sequence, hash) VALUES (0, repeat('0', 64));
