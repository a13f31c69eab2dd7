-- What was promised to refunds before this was written down with each.
UPDATE refunds SET reserved = true
 WHERE payment_id IS NOT NULL
   AND coalesce(failure_code, '') NOT IN ('exceeds_captured', 'currency_mismatch');
--> statement-breakpoint
INSERT INTO payables (payment_id, partner_id, currency, amount)
SELECT payment_id, partner_id, currency, sum(amount) FROM ledger_entries WHERE account = 'PARTNER_PAYABLE' GROUP BY 1, 2, 3;
--> statement-breakpoint
-- What is owed to a partner for a payment, kept in the transaction of each posting. What is settled is what is owed, to
-- the last unit: nobody can be instructed to be paid more than buyers have paid, and nothing can be settled twice.
CREATE FUNCTION keep_payables() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owed bigint;
BEGIN
  INSERT INTO payables AS p (payment_id, partner_id, currency, amount)
  VALUES (NEW.payment_id, NEW.partner_id, NEW.currency, NEW.amount)
  ON CONFLICT (payment_id, currency) DO UPDATE SET amount = p.amount + excluded.amount
  RETURNING p.amount INTO owed;
  IF NEW.cause = 'SETTLEMENT_DUE' AND owed <> 0 THEN
    RAISE EXCEPTION 'payment % is not settled for what is owed for it', NEW.payment_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payables_settled_for_what_is_owed', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER ledger_entries_keep_payables AFTER INSERT ON ledger_entries
  FOR EACH ROW WHEN (NEW.account = 'PARTNER_PAYABLE') EXECUTE FUNCTION keep_payables();
