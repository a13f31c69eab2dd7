CREATE TABLE "disputes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"payment_id" uuid NOT NULL,
	"booking_id" uuid NOT NULL,
	"partner_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"provider_ref" text NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"contested" bigint NOT NULL,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"due_by" timestamp (3) with time zone,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	CONSTRAINT "disputes_provider_ref_once" UNIQUE("provider","provider_ref"),
	CONSTRAINT "disputes_status" CHECK (status in ('OPEN', 'WON', 'LOST')),
	CONSTRAINT "disputes_currency" CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT "disputes_amount" CHECK (amount > 0 and contested between 0 and amount),
	CONSTRAINT "disputes_closed_when_final" CHECK ((status = 'OPEN') = (closed_at is null))
);
--> statement-breakpoint
CREATE TABLE "reconciliations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"day" date NOT NULL,
	"provider" text NOT NULL,
	"currency" text NOT NULL,
	"payments" integer NOT NULL,
	"unanswered" integer NOT NULL,
	"captured_by_us" bigint NOT NULL,
	"captured_by_provider" bigint NOT NULL,
	"refunded_by_us" bigint NOT NULL,
	"refunded_by_provider" bigint NOT NULL,
	"differences" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "reconciliations_once" UNIQUE("day","provider","currency"),
	CONSTRAINT "reconciliations_currency" CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT "reconciliations_counts" CHECK (payments >= 0 and unanswered between 0 and payments)
);
--> statement-breakpoint
CREATE TABLE "ended_events" (
	"event_id" uuid PRIMARY KEY NOT NULL,
	"partner_id" uuid NOT NULL,
	"ended_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payables" (
	"payment_id" uuid NOT NULL,
	"partner_id" uuid NOT NULL,
	"currency" text NOT NULL,
	"amount" bigint NOT NULL,
	CONSTRAINT "payables_payment_id_currency_pk" PRIMARY KEY("payment_id","currency")
);
--> statement-breakpoint
CREATE TABLE "settlements" (
	"id" uuid PRIMARY KEY NOT NULL,
	"partner_id" uuid NOT NULL,
	"currency" text NOT NULL,
	"amount" bigint NOT NULL,
	"payments" integer NOT NULL,
	"status" text NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"paid_at" timestamp (3) with time zone,
	"bank_reference" text,
	"paid_by" text,
	CONSTRAINT "settlements_money" UNIQUE("id","currency","partner_id"),
	CONSTRAINT "settlements_status" CHECK (status in ('DUE', 'PAID')),
	CONSTRAINT "settlements_currency" CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT "settlements_amount" CHECK (amount > 0 and payments > 0),
	CONSTRAINT "settlements_paid_by_somebody" CHECK ((status = 'PAID') = (paid_at is not null and paid_by is not null and bank_reference is not null))
);
--> statement-breakpoint
ALTER TABLE "ledger_entries" DROP CONSTRAINT "ledger_entries_account";--> statement-breakpoint
ALTER TABLE "ledger_entries" DROP CONSTRAINT "ledger_entries_cause";--> statement-breakpoint
ALTER TABLE "ledger_entries" DROP CONSTRAINT "ledger_entries_refund_named";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_status";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_captured_when_good";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_status_tells_refunded";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_surplus_is_good";--> statement-breakpoint
ALTER TABLE "refunds" DROP CONSTRAINT "refunds_status";--> statement-breakpoint
ALTER TABLE "refunds" DROP CONSTRAINT "refunds_attempts";--> statement-breakpoint
ALTER TABLE "refunds" DROP CONSTRAINT "refunds_moved_money_of_a_payment";--> statement-breakpoint
ALTER TABLE "ledger_entries" DROP CONSTRAINT "ledger_entries_payment_id_payments_id_fk";
--> statement-breakpoint
DROP INDEX "payments_one_open_or_good";--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD COLUMN "settlement_id" uuid;--> statement-breakpoint
ALTER TABLE "payment_requests" ADD COLUMN "event_id" uuid;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "contested" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "lost" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "reserved" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "requested_by" text;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "goodwill" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "decided_by" text;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "decision_note" text;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "paid_outside" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "disputes" ADD CONSTRAINT "disputes_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payables" ADD CONSTRAINT "payables_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "disputes_by_payment" ON "disputes" USING btree ("payment_id");--> statement-breakpoint
CREATE INDEX "disputes_newest" ON "disputes" USING btree ("opened_at","id");--> statement-breakpoint
CREATE INDEX "reconciliations_newest" ON "reconciliations" USING btree ("day","id");--> statement-breakpoint
CREATE INDEX "payables_open" ON "payables" USING btree ("partner_id","currency") WHERE amount <> 0;--> statement-breakpoint
CREATE INDEX "settlements_by_partner" ON "settlements" USING btree ("partner_id","due_at","id");--> statement-breakpoint
CREATE INDEX "settlements_newest" ON "settlements" USING btree ("due_at","id");--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_money" UNIQUE("id","currency","partner_id");--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_money_of_the_payment" FOREIGN KEY ("payment_id","currency","partner_id") REFERENCES "public"."payments"("id","currency","partner_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_money_of_the_settlement" FOREIGN KEY ("settlement_id","currency","partner_id") REFERENCES "public"."settlements"("id","currency","partner_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "ledger_entries_by_partner" ON "ledger_entries" USING btree ("partner_id","currency","posted_at","id");--> statement-breakpoint
CREATE INDEX "ledger_entries_by_day" ON "ledger_entries" USING brin ("posted_at");--> statement-breakpoint
CREATE INDEX "ledger_entries_by_settlement" ON "ledger_entries" USING btree ("settlement_id","payment_id") WHERE settlement_id is not null;--> statement-breakpoint
CREATE INDEX "payment_requests_by_event" ON "payment_requests" USING btree ("event_id");--> statement-breakpoint
CREATE INDEX "refunds_newest" ON "refunds" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "refunds_newest_by_status" ON "refunds" USING btree ("status","created_at","id");--> statement-breakpoint
CREATE INDEX "refunds_by_booking" ON "refunds" USING btree ("booking_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "payments_one_open_or_good" ON "payments" USING btree ("booking_id") WHERE status in ('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'WON', 'LOST') and not surplus;--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_settlement_named" CHECK ((cause like 'SETTLEMENT%') = (settlement_id is not null));--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_account" CHECK (account in ('BUYER', 'PLATFORM_FEE', 'PARTNER_PAYABLE', 'PROVIDER_FEE', 'REFUND', 'DISPUTE', 'SETTLEMENT', 'PAYOUT'));--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_cause" CHECK (cause in ('CAPTURE', 'REFUND_OWED', 'REFUND_RELEASED', 'REFUND_PAID', 'DISPUTE_OPENED', 'DISPUTE_WON', 'DISPUTE_LOST', 'SETTLEMENT_DUE', 'SETTLEMENT_PAID'));--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_refund_named" CHECK ((cause like 'REFUND%') = (refund_id is not null));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_given_back_within_captured" CHECK (contested >= 0 and lost >= 0 and refund_reserved + contested + lost <= captured);--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_contested_while_disputed" CHECK (status = 'DISPUTED' or contested = 0);--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_status" CHECK (status in ('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'WON', 'LOST'));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_captured_when_good" CHECK ((captured > 0) = (status in ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'WON', 'LOST')));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_status_tells_refunded" CHECK (case status when 'PARTIALLY_REFUNDED' then refunded between 1 and captured - 1
        when 'REFUNDED' then refunded = captured when 'DISPUTED' then true when 'WON' then true when 'LOST' then true
        else refunded = 0 end);--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_surplus_is_good" CHECK (not surplus or status in ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'WON', 'LOST'));--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_reserved_of_a_payment" CHECK (not reserved or payment_id is not null);--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_rejected_takes_nothing" CHECK (status <> 'REJECTED' or not reserved);--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_paid_outside_is_paid" CHECK (not paid_outside or status = 'SUCCEEDED');--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_status" CHECK (status in ('REQUESTED', 'AWAITING_APPROVAL', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'MANUAL_REVIEW', 'REJECTED'));--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_attempts" CHECK (attempt >= 0);--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_moved_money_of_a_payment" CHECK (payment_id is not null or status in ('REQUESTED', 'AWAITING_APPROVAL'));