CREATE TABLE "admission_stock" (
	"ticket_type_id" uuid PRIMARY KEY NOT NULL,
	"event_id" uuid NOT NULL,
	"capacity" integer NOT NULL,
	"available" integer NOT NULL,
	"next_due" timestamp with time zone DEFAULT 'infinity' NOT NULL,
	CONSTRAINT "admission_stock_never_oversold" CHECK (available between 0 and capacity)
);
--> statement-breakpoint
CREATE TABLE "booking_payments" (
	"payment_id" uuid PRIMARY KEY NOT NULL,
	"booking_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"outcome" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "booking_payments_outcome" CHECK (outcome in ('TICKETS', 'REFUND'))
);
--> statement-breakpoint
CREATE TABLE "booking_refunds" (
	"refund_id" uuid PRIMARY KEY NOT NULL,
	"booking_id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"requested_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "booking_refunds_amount" CHECK (amount > 0),
	CONSTRAINT "booking_refunds_status" CHECK (status in ('REQUESTED', 'SUCCEEDED', 'FAILED'))
);
--> statement-breakpoint
CREATE TABLE "bookings" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"event_id" uuid NOT NULL,
	"partner_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"idempotency_key" text NOT NULL,
	"request_hash" text NOT NULL,
	"status" text DEFAULT 'HELD' NOT NULL,
	"quantity" smallint NOT NULL,
	"ticket_type_id" uuid,
	"seat_nos" integer[],
	"lines" jsonb NOT NULL,
	"total" bigint NOT NULL,
	"currency" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"reference" text,
	"commission" bigint,
	"policy" jsonb,
	"checked_out_at" timestamp (3) with time zone,
	"confirmed_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"end_reason" text,
	"late" boolean DEFAULT false NOT NULL,
	CONSTRAINT "bookings_status" CHECK (status in ('HELD', 'RELEASED', 'PENDING', 'CONFIRMED', 'COMPLETED', 'EXPIRED', 'CANCELLING', 'CANCELLED', 'REFUND_DUE', 'REFUNDED', 'CHARGEBACK')),
	CONSTRAINT "bookings_quantity" CHECK (quantity > 0),
	CONSTRAINT "bookings_total" CHECK (total >= 0),
	CONSTRAINT "bookings_seats_or_admission" CHECK ((seat_nos is null) <> (ticket_type_id is null)),
	CONSTRAINT "bookings_seats_fit_quantity" CHECK (seat_nos is null or cardinality(seat_nos) = quantity),
	CONSTRAINT "bookings_checked_out_has_reference" CHECK (status in ('HELD', 'RELEASED') or status = 'EXPIRED' or reference is not null)
);
--> statement-breakpoint
CREATE TABLE "check_ins" (
	"id" uuid PRIMARY KEY NOT NULL,
	"event_id" uuid NOT NULL,
	"nonce" text NOT NULL,
	"ticket_id" uuid,
	"gate" text NOT NULL,
	"scanned_by" text NOT NULL,
	"accepted" boolean NOT NULL,
	"reason" text,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "check_ins_reason" CHECK (accepted = (reason is null))
);
--> statement-breakpoint
CREATE TABLE "event_keys" (
	"event_id" uuid PRIMARY KEY NOT NULL,
	"public_key" "bytea" NOT NULL,
	"sealed_private_key" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_seats" (
	"event_id" uuid NOT NULL,
	"seat_no" integer NOT NULL,
	"ticket_type_no" smallint,
	"booking_id" uuid,
	"expires_at" timestamp with time zone DEFAULT '-infinity' NOT NULL,
	CONSTRAINT "event_seats_event_id_seat_no_pk" PRIMARY KEY("event_id","seat_no")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" uuid PRIMARY KEY NOT NULL,
	"partner_id" uuid NOT NULL,
	"venue_id" uuid NOT NULL,
	"seating_plan_id" uuid,
	"title" text NOT NULL,
	"description" text,
	"category" text NOT NULL,
	"status" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"doors_at" timestamp (3) with time zone NOT NULL,
	"timezone" text NOT NULL,
	"sales_open_at" timestamp (3) with time zone,
	"sales_close_at" timestamp (3) with time zone NOT NULL,
	"currency" text NOT NULL,
	"image_url" text,
	"max_tickets_per_buyer" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"published_at" timestamp (3) with time zone,
	"title_words" "tsvector" GENERATED ALWAYS AS (to_tsvector('simple', regexp_replace(title, '[^[:alnum:]]+', ' ', 'g'))) STORED,
	CONSTRAINT "events_status" CHECK (status in ('DRAFT', 'PUBLISHED', 'CANCELLED', 'COMPLETED')),
	CONSTRAINT "events_category" CHECK (category in ('MUSIC', 'SPORT', 'THEATRE', 'COMEDY', 'CONFERENCE', 'FESTIVAL', 'FAMILY', 'OTHER')),
	CONSTRAINT "events_end_after_start" CHECK (ends_at > starts_at),
	CONSTRAINT "events_doors_before_start" CHECK (doors_at <= starts_at),
	CONSTRAINT "events_sales_close_after_open" CHECK (sales_open_at is null or sales_close_at > sales_open_at),
	CONSTRAINT "events_published_when_on_sale" CHECK (status = 'DRAFT' or (published_at is not null and sales_open_at is not null)),
	CONSTRAINT "events_currency" CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT "events_max_tickets" CHECK (max_tickets_per_buyer between 1 and 100)
);
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
CREATE TABLE "partners" (
	"partner_id" uuid PRIMARY KEY NOT NULL,
	"status" text NOT NULL,
	"commission_basis_points" integer NOT NULL,
	"commission_fixed_per_ticket" integer NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "partners_status" CHECK (status in ('VERIFIED', 'REJECTED', 'SUSPENDED'))
);
--> statement-breakpoint
CREATE TABLE "plan_areas" (
	"plan_id" uuid NOT NULL,
	"name" text NOT NULL,
	"category" text NOT NULL,
	"capacity" integer NOT NULL,
	CONSTRAINT "plan_areas_plan_id_name_pk" PRIMARY KEY("plan_id","name")
);
--> statement-breakpoint
CREATE TABLE "plan_rows" (
	"plan_id" uuid NOT NULL,
	"row_no" integer NOT NULL,
	"section" text NOT NULL,
	"row" text NOT NULL,
	"base_seat" integer NOT NULL,
	"width" integer NOT NULL,
	CONSTRAINT "plan_rows_plan_id_row_no_pk" PRIMARY KEY("plan_id","row_no")
);
--> statement-breakpoint
CREATE TABLE "plan_seats" (
	"plan_id" uuid NOT NULL,
	"seat_no" integer NOT NULL,
	"seat_id" text NOT NULL,
	"row_no" integer NOT NULL,
	"number" text NOT NULL,
	"category" text NOT NULL,
	"accessible" boolean NOT NULL,
	CONSTRAINT "plan_seats_plan_id_seat_no_pk" PRIMARY KEY("plan_id","seat_no")
);
--> statement-breakpoint
CREATE TABLE "platform_settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"version" integer NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "seat_row_hints" (
	"event_id" uuid NOT NULL,
	"ticket_type_no" smallint NOT NULL,
	"base_seat" integer NOT NULL,
	"width" smallint NOT NULL,
	"rank" integer NOT NULL,
	"mask" bigint NOT NULL,
	"free" bigint NOT NULL,
	"runs" bigint NOT NULL,
	"open" boolean GENERATED ALWAYS AS (free <> 0) STORED NOT NULL,
	"next_due" timestamp with time zone DEFAULT 'infinity' NOT NULL,
	CONSTRAINT "seat_row_hints_event_id_ticket_type_no_base_seat_pk" PRIMARY KEY("event_id","ticket_type_no","base_seat"),
	CONSTRAINT "seat_row_hints_width" CHECK (width between 1 and 60),
	CONSTRAINT "seat_row_hints_free_within_mask" CHECK (free & mask = free)
);
--> statement-breakpoint
CREATE TABLE "seating_plans" (
	"plan_id" uuid PRIMARY KEY NOT NULL,
	"venue_id" uuid NOT NULL,
	"partner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"seat_count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ticket_types" (
	"id" uuid PRIMARY KEY NOT NULL,
	"event_id" uuid NOT NULL,
	"no" smallint NOT NULL,
	"name" text NOT NULL,
	"seated" boolean NOT NULL,
	"category" text,
	"price" bigint NOT NULL,
	"capacity" integer NOT NULL,
	"min_per_booking" integer NOT NULL,
	"max_per_booking" integer NOT NULL,
	CONSTRAINT "ticket_types_price" CHECK (price >= 0),
	CONSTRAINT "ticket_types_capacity" CHECK (capacity >= 0),
	CONSTRAINT "ticket_types_seated_has_category" CHECK (not seated or category is not null),
	CONSTRAINT "ticket_types_per_booking" CHECK (min_per_booking between 1 and max_per_booking)
);
--> statement-breakpoint
CREATE TABLE "tickets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"booking_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"ticket_type_id" uuid NOT NULL,
	"seat_no" integer,
	"no" smallint NOT NULL,
	"price" bigint NOT NULL,
	"status" text NOT NULL,
	"code_version" smallint DEFAULT 1 NOT NULL,
	"holder_name" text,
	"used_at" timestamp (3) with time zone,
	"used_gate" text,
	CONSTRAINT "tickets_status" CHECK (status in ('ACTIVE', 'USED', 'CANCELLED', 'EXPIRED')),
	CONSTRAINT "tickets_used_when_and_where" CHECK ((status = 'USED') <= (used_at is not null and used_gate is not null))
);
--> statement-breakpoint
CREATE TABLE "venues" (
	"venue_id" uuid PRIMARY KEY NOT NULL,
	"partner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"city" text NOT NULL,
	"country" text NOT NULL,
	"latitude" double precision,
	"longitude" double precision,
	"timezone" text NOT NULL,
	"capacity" integer NOT NULL,
	"is_active" boolean NOT NULL,
	"version" integer NOT NULL
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
ALTER TABLE "admission_stock" ADD CONSTRAINT "admission_stock_ticket_type_id_ticket_types_id_fk" FOREIGN KEY ("ticket_type_id") REFERENCES "public"."ticket_types"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "booking_payments" ADD CONSTRAINT "booking_payments_booking_id_bookings_id_fk" FOREIGN KEY ("booking_id") REFERENCES "public"."bookings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "booking_refunds" ADD CONSTRAINT "booking_refunds_booking_id_bookings_id_fk" FOREIGN KEY ("booking_id") REFERENCES "public"."bookings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "booking_refunds" ADD CONSTRAINT "booking_refunds_payment_id_booking_payments_payment_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."booking_payments"("payment_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event_keys" ADD CONSTRAINT "event_keys_event_id_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_venue_id_venues_venue_id_fk" FOREIGN KEY ("venue_id") REFERENCES "public"."venues"("venue_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_seating_plan_id_seating_plans_plan_id_fk" FOREIGN KEY ("seating_plan_id") REFERENCES "public"."seating_plans"("plan_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "plan_areas" ADD CONSTRAINT "plan_areas_plan_id_seating_plans_plan_id_fk" FOREIGN KEY ("plan_id") REFERENCES "public"."seating_plans"("plan_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "plan_rows" ADD CONSTRAINT "plan_rows_plan_id_seating_plans_plan_id_fk" FOREIGN KEY ("plan_id") REFERENCES "public"."seating_plans"("plan_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seat_row_hints" ADD CONSTRAINT "seat_row_hints_event_id_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ticket_types" ADD CONSTRAINT "ticket_types_event_id_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_booking_id_bookings_id_fk" FOREIGN KEY ("booking_id") REFERENCES "public"."bookings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "booking_payments_one_good" ON "booking_payments" USING btree ("booking_id") WHERE outcome = 'TICKETS';--> statement-breakpoint
CREATE INDEX "booking_payments_by_booking" ON "booking_payments" USING btree ("booking_id");--> statement-breakpoint
CREATE UNIQUE INDEX "booking_refunds_once_per_payment" ON "booking_refunds" USING btree ("payment_id");--> statement-breakpoint
CREATE UNIQUE INDEX "bookings_key_once" ON "bookings" USING btree ("user_id","idempotency_key");--> statement-breakpoint
CREATE INDEX "bookings_by_user_and_event" ON "bookings" USING btree ("user_id","event_id");--> statement-breakpoint
CREATE UNIQUE INDEX "bookings_reference_once" ON "bookings" USING btree ("reference") WHERE reference is not null;--> statement-breakpoint
CREATE INDEX "bookings_by_user" ON "bookings" USING btree ("user_id","id") WHERE reference is not null;--> statement-breakpoint
CREATE INDEX "bookings_by_partner" ON "bookings" USING btree ("partner_id","id") WHERE reference is not null;--> statement-breakpoint
CREATE INDEX "bookings_by_event" ON "bookings" USING btree ("event_id","id") WHERE reference is not null;--> statement-breakpoint
CREATE INDEX "bookings_seated_due" ON "bookings" USING btree ("expires_at") WHERE status in ('HELD', 'PENDING') and ticket_type_id is null;--> statement-breakpoint
CREATE INDEX "bookings_admission_due" ON "bookings" USING btree ("ticket_type_id","expires_at") WHERE status in ('HELD', 'PENDING') and ticket_type_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "check_ins_nonce_once" ON "check_ins" USING btree ("event_id","nonce");--> statement-breakpoint
CREATE UNIQUE INDEX "check_ins_one_entry" ON "check_ins" USING btree ("ticket_id") WHERE accepted;--> statement-breakpoint
CREATE INDEX "events_by_start" ON "events" USING btree ("status","starts_at","id");--> statement-breakpoint
CREATE INDEX "events_by_category" ON "events" USING btree ("status","category","starts_at","id");--> statement-breakpoint
CREATE INDEX "events_by_partner" ON "events" USING btree ("partner_id","starts_at","id");--> statement-breakpoint
CREATE INDEX "events_by_venue" ON "events" USING btree ("venue_id","starts_at","id");--> statement-breakpoint
CREATE INDEX "events_by_title_words" ON "events" USING gin ("title_words");--> statement-breakpoint
CREATE UNIQUE INDEX "plan_seats_id_once" ON "plan_seats" USING btree ("plan_id","seat_id");--> statement-breakpoint
CREATE INDEX "seat_row_hints_open" ON "seat_row_hints" USING btree ("event_id","ticket_type_no","rank") WHERE open;--> statement-breakpoint
CREATE INDEX "seat_row_hints_due" ON "seat_row_hints" USING btree ("event_id","ticket_type_no","next_due") WHERE next_due < 'infinity';--> statement-breakpoint
CREATE UNIQUE INDEX "ticket_types_no_once" ON "ticket_types" USING btree ("event_id","no");--> statement-breakpoint
CREATE UNIQUE INDEX "ticket_types_name_once" ON "ticket_types" USING btree ("event_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "ticket_types_seated_category_once" ON "ticket_types" USING btree ("event_id","category") WHERE seated;--> statement-breakpoint
CREATE UNIQUE INDEX "tickets_one_live_per_seat" ON "tickets" USING btree ("event_id","seat_no") WHERE seat_no is not null and status in ('ACTIVE', 'USED');--> statement-breakpoint
CREATE UNIQUE INDEX "tickets_no_once" ON "tickets" USING btree ("booking_id","no");--> statement-breakpoint
CREATE INDEX "venues_by_city" ON "venues" USING btree (lower(city));--> statement-breakpoint
CREATE INDEX "venues_by_country" ON "venues" USING btree ("country");--> statement-breakpoint
CREATE INDEX "inbox_waiting" ON "inbox" USING btree ("lane","sequence") WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX "inbox_blocking" ON "inbox" USING btree ("key","sequence") WHERE status = 'dead' or (status = 'waiting' and next_attempt_at is not null);--> statement-breakpoint
CREATE INDEX "outbox_position" ON "outbox" USING btree ("position","sequence");