-- The ledger and the payment log are only ever added to: by privilege, which binds the service's own role, and by
-- trigger, which also stops whoever has more rights and not the intention.
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entries, payment_log FROM CURRENT_USER;
--> statement-breakpoint
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER payment_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Looked at when the transaction commits, because a posting is complete only then.
CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM ledger_entries WHERE transaction_key = NEW.transaction_key
    HAVING sum(amount) <> 0 OR count(DISTINCT (currency, payment_id, partner_id)) > 1
  ) THEN
    RAISE EXCEPTION 'the entries of % do not balance', NEW.transaction_key
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_balance', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced();
