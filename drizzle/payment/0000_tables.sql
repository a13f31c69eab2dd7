CREATE SCHEMA "sandbox";
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"caller" text NOT NULL,
	"key" text NOT NULL,
	"operation" text NOT NULL,
	"request_hash" text NOT NULL,
	"resource_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_caller_key_pk" PRIMARY KEY("caller","key")
);
--> statement-breakpoint
CREATE TABLE "ledger_entries" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "ledger_entries_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"transaction_key" text NOT NULL,
	"cause" text NOT NULL,
	"account" text NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"payment_id" uuid NOT NULL,
	"refund_id" uuid,
	"partner_id" uuid NOT NULL,
	"posted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "ledger_entries_posted_once" UNIQUE("transaction_key","account"),
	CONSTRAINT "ledger_entries_account" CHECK (account in ('BUYER', 'PLATFORM_FEE', 'PARTNER_PAYABLE', 'PROVIDER_FEE', 'REFUND')),
	CONSTRAINT "ledger_entries_cause" CHECK (cause in ('CAPTURE', 'REFUND_OWED', 'REFUND_PAID')),
	CONSTRAINT "ledger_entries_amount" CHECK (amount <> 0),
	CONSTRAINT "ledger_entries_currency" CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT "ledger_entries_refund_named" CHECK ((cause = 'CAPTURE') = (refund_id is null))
);
--> statement-breakpoint
CREATE TABLE "payment_cancellations" (
	"booking_id" uuid PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"cancelled_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payment_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "payment_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"payment_id" uuid NOT NULL,
	"refund_id" uuid,
	"provider" text NOT NULL,
	"operation" text NOT NULL,
	"kind" text NOT NULL,
	"body" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "payment_log_operation" CHECK (operation in ('create', 'fetch', 'confirm', 'cancel', 'refund')),
	CONSTRAINT "payment_log_kind" CHECK (kind in ('REQUEST', 'ANSWER', 'NO_ANSWER'))
);
--> statement-breakpoint
CREATE TABLE "payment_requests" (
	"booking_id" uuid PRIMARY KEY NOT NULL,
	"payer_id" uuid NOT NULL,
	"partner_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"commission" bigint NOT NULL,
	"deadline" timestamp (3) with time zone NOT NULL,
	"status" text NOT NULL,
	"requested_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "payment_requests_status" CHECK (status in ('OPEN', 'PAID', 'CANCELLED')),
	CONSTRAINT "payment_requests_amount" CHECK (amount > 0),
	CONSTRAINT "payment_requests_commission_within_amount" CHECK (commission between 0 and amount),
	CONSTRAINT "payment_requests_currency" CHECK (currency ~ '^[A-Z]{3}$')
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"booking_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"payer_id" uuid NOT NULL,
	"partner_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"method" text NOT NULL,
	"provider" text NOT NULL,
	"provider_ref" text,
	"client_secret" text,
	"instrument" text,
	"status" text NOT NULL,
	"failure_code" text,
	"surplus" boolean DEFAULT false NOT NULL,
	"captured" bigint DEFAULT 0 NOT NULL,
	"refund_reserved" bigint DEFAULT 0 NOT NULL,
	"refunded" bigint DEFAULT 0 NOT NULL,
	"checks" integer DEFAULT 0 NOT NULL,
	"check_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "payments_attempt_once" UNIQUE("booking_id","attempt"),
	CONSTRAINT "payments_provider_ref_once" UNIQUE("provider","provider_ref"),
	CONSTRAINT "payments_status" CHECK (status in ('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED')),
	CONSTRAINT "payments_method" CHECK (method in ('CARD', 'UPI', 'NET_BANKING', 'WALLET')),
	CONSTRAINT "payments_provider" CHECK (provider in ('sandbox', 'stripe')),
	CONSTRAINT "payments_amount" CHECK (amount > 0),
	CONSTRAINT "payments_currency" CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT "payments_captured_within_amount" CHECK (captured between 0 and amount),
	CONSTRAINT "payments_captured_when_good" CHECK ((captured > 0) = (status in ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED'))),
	CONSTRAINT "payments_refund_within_captured" CHECK (refund_reserved between 0 and captured),
	CONSTRAINT "payments_refunded_was_reserved" CHECK (refunded between 0 and refund_reserved),
	CONSTRAINT "payments_status_tells_refunded" CHECK (case status when 'PARTIALLY_REFUNDED' then refunded between 1 and captured - 1
        when 'REFUNDED' then refunded = captured else refunded = 0 end),
	CONSTRAINT "payments_failed_says_why" CHECK ((status = 'FAILED') = (failure_code is not null)),
	CONSTRAINT "payments_secret_only_while_open" CHECK (client_secret is null or status in ('PENDING', 'REQUIRES_ACTION', 'PROCESSING')),
	CONSTRAINT "payments_surplus_is_good" CHECK (not surplus or status in ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED'))
);
--> statement-breakpoint
CREATE TABLE "platform_settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"version" integer NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "refunds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"booking_id" uuid NOT NULL,
	"asked_payment_id" uuid,
	"payment_id" uuid,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"attempt" smallint DEFAULT 0 NOT NULL,
	"provider_ref" text,
	"failure_code" text,
	"check_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "refunds_status" CHECK (status in ('REQUESTED', 'AWAITING_APPROVAL', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'MANUAL_REVIEW')),
	CONSTRAINT "refunds_amount" CHECK (amount > 0),
	CONSTRAINT "refunds_currency" CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT "refunds_attempts" CHECK (attempt between 0 and 3),
	CONSTRAINT "refunds_moved_money_of_a_payment" CHECK (payment_id is not null or status = 'REQUESTED'),
	CONSTRAINT "refunds_failed_says_why" CHECK ((status in ('FAILED', 'MANUAL_REVIEW')) = (failure_code is not null))
);
--> statement-breakpoint
CREATE TABLE "inbox" (
	"sequence" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "inbox_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" uuid NOT NULL,
	"source" text NOT NULL,
	"type" text NOT NULL,
	"version" integer NOT NULL,
	"key" text NOT NULL,
	"lane" smallint GENERATED ALWAYS AS ((hashtext(key) & 15)::smallint) STORED NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"position" text NOT NULL,
	"correlation_id" text NOT NULL,
	"causation_id" text,
	"traceparent" text,
	"data" jsonb NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"status" text DEFAULT 'waiting' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"last_error" text,
	"handled_at" timestamp with time zone,
	CONSTRAINT "inbox_event_once" UNIQUE("id"),
	CONSTRAINT "inbox_status" CHECK ("inbox"."status" in ('waiting', 'handled', 'dead', 'skipped'))
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"sequence" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"type" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"key" text NOT NULL,
	"data" jsonb NOT NULL,
	"correlation_id" text,
	"causation_id" text,
	"traceparent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"position" bigint
);
--> statement-breakpoint
CREATE TABLE "outbox_cursors" (
	"name" text PRIMARY KEY NOT NULL,
	"position" bigint DEFAULT 0 NOT NULL,
	"moved_at" timestamp with time zone DEFAULT now() NOT NULL,
	"failing_since" timestamp with time zone,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "sandbox"."intents" (
	"ref" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"client_secret" text NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"state" text NOT NULL,
	"failure_code" text,
	"refunded" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "intents_key_once" UNIQUE("key"),
	CONSTRAINT "intents_state" CHECK (state in ('open', 'succeeded', 'failed', 'cancelled')),
	CONSTRAINT "intents_refunded_within_taken" CHECK (refunded between 0 and case state when 'succeeded' then amount else 0 end)
);
--> statement-breakpoint
CREATE TABLE "sandbox"."refunds" (
	"ref" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"intent_ref" text NOT NULL,
	"amount" bigint NOT NULL,
	"state" text NOT NULL,
	"failure_code" text,
	CONSTRAINT "refunds_key_once" UNIQUE("key"),
	CONSTRAINT "refunds_state" CHECK (state in ('succeeded', 'failed'))
);
--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_refund_id_refunds_id_fk" FOREIGN KEY ("refund_id") REFERENCES "public"."refunds"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payment_log" ADD CONSTRAINT "payment_log_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payment_log" ADD CONSTRAINT "payment_log_refund_id_refunds_id_fk" FOREIGN KEY ("refund_id") REFERENCES "public"."refunds"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_booking_id_payment_requests_booking_id_fk" FOREIGN KEY ("booking_id") REFERENCES "public"."payment_requests"("booking_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sandbox"."refunds" ADD CONSTRAINT "refunds_intent_ref_intents_ref_fk" FOREIGN KEY ("intent_ref") REFERENCES "sandbox"."intents"("ref") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "ledger_entries_by_payment" ON "ledger_entries" USING btree ("payment_id");--> statement-breakpoint
CREATE INDEX "payment_log_by_payment" ON "payment_log" USING btree ("payment_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "payments_one_open_or_good" ON "payments" USING btree ("booking_id") WHERE status in ('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED') and not surplus;--> statement-breakpoint
CREATE INDEX "payments_by_payer" ON "payments" USING btree ("payer_id","created_at","id");--> statement-breakpoint
CREATE INDEX "payments_by_partner" ON "payments" USING btree ("partner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "payments_newest" ON "payments" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "payments_due" ON "payments" USING btree ("check_at") WHERE status in ('PENDING', 'REQUIRES_ACTION', 'PROCESSING');--> statement-breakpoint
CREATE INDEX "refunds_by_payment" ON "refunds" USING btree ("payment_id","created_at","id");--> statement-breakpoint
CREATE INDEX "refunds_waiting" ON "refunds" USING btree ("booking_id") WHERE payment_id is null;--> statement-breakpoint
CREATE INDEX "refunds_due" ON "refunds" USING btree ("check_at") WHERE status in ('REQUESTED', 'PROCESSING', 'FAILED') and payment_id is not null;--> statement-breakpoint
CREATE INDEX "inbox_waiting" ON "inbox" USING btree ("lane","sequence") WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX "inbox_unsettled_by_key" ON "inbox" USING btree ("key","sequence") WHERE status in ('waiting', 'dead');--> statement-breakpoint
CREATE INDEX "outbox_position" ON "outbox" USING btree ("position","sequence");