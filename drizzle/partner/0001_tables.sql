CREATE TABLE "api_clients" (
	"client_id" text PRIMARY KEY NOT NULL,
	"partner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "api_clients_client_id" CHECK (char_length("api_clients"."client_id") between 1 and 200),
	CONSTRAINT "api_clients_name" CHECK (char_length("api_clients"."name") between 1 and 100)
);
--> statement-breakpoint
CREATE TABLE "commission_terms" (
	"partner_id" uuid NOT NULL,
	"effective_from" timestamp (3) with time zone NOT NULL,
	"basis_points" integer NOT NULL,
	"fixed_per_ticket" integer NOT NULL,
	CONSTRAINT "commission_terms_partner_id_effective_from_pk" PRIMARY KEY("partner_id","effective_from"),
	CONSTRAINT "commission_terms_basis_points" CHECK ("commission_terms"."basis_points" between 0 and 10000),
	CONSTRAINT "commission_terms_fixed_per_ticket" CHECK ("commission_terms"."fixed_per_ticket" >= 0)
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
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"company_name" text NOT NULL,
	"contact_email" text NOT NULL,
	"contact_phone" text,
	"tax_id" text,
	"status" text DEFAULT 'PENDING' NOT NULL,
	"status_reason" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "partners_status" CHECK ("partners"."status" in ('PENDING', 'VERIFIED', 'REJECTED', 'SUSPENDED')),
	CONSTRAINT "partners_status_reason" CHECK (("partners"."status" in ('REJECTED', 'SUSPENDED')) = ("partners"."status_reason" is not null)),
	CONSTRAINT "partners_company_name" CHECK (char_length("partners"."company_name") between 1 and 200),
	CONSTRAINT "partners_tax_id" CHECK (char_length("partners"."tax_id") between 1 and 50),
	CONSTRAINT "partners_contact_phone" CHECK ("partners"."contact_phone" ~ '^\+[1-9][0-9]{6,14}$')
);
--> statement-breakpoint
CREATE TABLE "platform_settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"version" integer NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "seating_plans" (
	"id" uuid PRIMARY KEY NOT NULL,
	"venue_id" uuid NOT NULL,
	"partner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"seat_count" integer NOT NULL,
	"categories" text[] NOT NULL,
	"sections" jsonb NOT NULL,
	"areas" jsonb NOT NULL,
	"layout" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "seating_plans_version" UNIQUE("venue_id","version"),
	CONSTRAINT "seating_plans_name" CHECK (char_length("seating_plans"."name") between 1 and 200),
	CONSTRAINT "seating_plans_version_positive" CHECK ("seating_plans"."version" > 0),
	CONSTRAINT "seating_plans_seat_count" CHECK ("seating_plans"."seat_count" between 0 and 100000)
);
--> statement-breakpoint
CREATE TABLE "staff" (
	"partner_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"subject" text NOT NULL,
	"role" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "staff_partner_id_user_id_pk" PRIMARY KEY("partner_id","user_id"),
	CONSTRAINT "staff_role" CHECK ("staff"."role" in ('OWNER', 'MANAGER', 'SCANNER'))
);
--> statement-breakpoint
CREATE TABLE "venues" (
	"id" uuid PRIMARY KEY NOT NULL,
	"partner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"address" text,
	"city" text NOT NULL,
	"state" text,
	"country" text NOT NULL,
	"latitude" double precision,
	"longitude" double precision,
	"timezone" text NOT NULL,
	"capacity" integer NOT NULL,
	"description" text,
	"is_active" boolean DEFAULT true NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"name_key" text GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
	CONSTRAINT "venues_of_partner" UNIQUE("id","partner_id"),
	CONSTRAINT "venues_name" CHECK (char_length("venues"."name") between 1 and 200),
	CONSTRAINT "venues_country" CHECK ("venues"."country" ~ '^[A-Z]{2}$'),
	CONSTRAINT "venues_capacity" CHECK ("venues"."capacity" between 1 and 1000000),
	CONSTRAINT "venues_latitude" CHECK ("venues"."latitude" between -90 and 90),
	CONSTRAINT "venues_longitude" CHECK ("venues"."longitude" between -180 and 180),
	CONSTRAINT "venues_location_whole" CHECK (("venues"."latitude" is null) = ("venues"."longitude" is null)),
	CONSTRAINT "venues_version" CHECK ("venues"."version" > 0)
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
ALTER TABLE "api_clients" ADD CONSTRAINT "api_clients_partner_id_partners_id_fk" FOREIGN KEY ("partner_id") REFERENCES "public"."partners"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "commission_terms" ADD CONSTRAINT "commission_terms_partner_id_partners_id_fk" FOREIGN KEY ("partner_id") REFERENCES "public"."partners"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seating_plans" ADD CONSTRAINT "seating_plans_of_venue" FOREIGN KEY ("venue_id","partner_id") REFERENCES "public"."venues"("id","partner_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff" ADD CONSTRAINT "staff_partner_id_partners_id_fk" FOREIGN KEY ("partner_id") REFERENCES "public"."partners"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "venues" ADD CONSTRAINT "venues_partner_id_partners_id_fk" FOREIGN KEY ("partner_id") REFERENCES "public"."partners"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_clients_by_partner" ON "api_clients" USING btree ("partner_id");--> statement-breakpoint
CREATE UNIQUE INDEX "partners_name_once_per_owner" ON "partners" USING btree ("owner_id",lower("company_name")) WHERE "partners"."status" <> 'REJECTED';--> statement-breakpoint
CREATE INDEX "partners_by_status" ON "partners" USING btree ("status","id");--> statement-breakpoint
CREATE UNIQUE INDEX "staff_one_owner" ON "staff" USING btree ("partner_id") WHERE "staff"."role" = 'OWNER';--> statement-breakpoint
CREATE INDEX "staff_by_user" ON "staff" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "staff_by_subject" ON "staff" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "venues_active_by_name" ON "venues" USING btree ("name_key","id") WHERE "venues"."is_active";--> statement-breakpoint
CREATE INDEX "venues_by_partner" ON "venues" USING btree ("partner_id","name_key","id");--> statement-breakpoint
CREATE INDEX "venues_by_city" ON "venues" USING btree (lower("city"));--> statement-breakpoint
CREATE INDEX "venues_by_part_of_name" ON "venues" USING gin ("name_key" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "venues_by_part_of_city" ON "venues" USING gin (lower("city") gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "inbox_waiting" ON "inbox" USING btree ("lane","sequence") WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX "inbox_unsettled_by_key" ON "inbox" USING btree ("key","sequence") WHERE status in ('waiting', 'dead');--> statement-breakpoint
CREATE INDEX "outbox_position" ON "outbox" USING btree ("position","sequence");