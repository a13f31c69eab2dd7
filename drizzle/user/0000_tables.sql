CREATE TABLE "addresses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"type" text NOT NULL,
	"line1" text NOT NULL,
	"line2" text,
	"city" text NOT NULL,
	"state" text,
	"postal_code" text,
	"country" text NOT NULL,
	"is_default" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "addresses_type" CHECK ("addresses"."type" in ('HOME', 'WORK', 'OTHER')),
	CONSTRAINT "addresses_country" CHECK ("addresses"."country" ~ '^[A-Z]{2}$'),
	CONSTRAINT "addresses_line1_length" CHECK (char_length("addresses"."line1") between 1 and 200),
	CONSTRAINT "addresses_line2_length" CHECK (char_length("addresses"."line2") between 1 and 200),
	CONSTRAINT "addresses_city_length" CHECK (char_length("addresses"."city") between 1 and 200),
	CONSTRAINT "addresses_state_length" CHECK (char_length("addresses"."state") between 1 and 200),
	CONSTRAINT "addresses_postal_code_length" CHECK (char_length("addresses"."postal_code") between 1 and 200)
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
CREATE TABLE "partner_customers" (
	"partner_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "partner_customers_user_id_partner_id_pk" PRIMARY KEY("user_id","partner_id")
);
--> statement-breakpoint
CREATE TABLE "platform_settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"version" integer NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_preferences" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"language" text DEFAULT 'en' NOT NULL,
	"currency" text DEFAULT 'EUR' NOT NULL,
	"timezone" text DEFAULT 'UTC' NOT NULL,
	"marketing_opt_in" boolean DEFAULT false NOT NULL,
	"accessibility_needs" text[] DEFAULT '{}' NOT NULL,
	CONSTRAINT "user_preferences_currency" CHECK ("user_preferences"."currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "user_preferences_needs" CHECK (cardinality("user_preferences"."accessibility_needs") <= 20)
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"cognito_sub" text NOT NULL,
	"email" "citext",
	"is_email_verified" boolean NOT NULL,
	"first_name" text,
	"last_name" text,
	"phone" text,
	"date_of_birth" date,
	"avatar_url" text,
	"bio" text,
	"status" text DEFAULT 'ACTIVE' NOT NULL,
	"sign_up_at" timestamp (3) with time zone NOT NULL,
	"last_seen_at" timestamp (3) with time zone NOT NULL,
	"sign_in_count" integer DEFAULT 1 NOT NULL,
	"signed_in_at" timestamp (3) with time zone NOT NULL,
	"identity_provider" text NOT NULL,
	"claims_at" timestamp (3) with time zone NOT NULL,
	"search_text" text GENERATED ALWAYS AS (lower(coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email::text, ''))) STORED NOT NULL,
	CONSTRAINT "users_one_per_subject" UNIQUE("cognito_sub"),
	CONSTRAINT "users_one_per_email" UNIQUE("email"),
	CONSTRAINT "users_status" CHECK ("users"."status" in ('ACTIVE', 'SUSPENDED', 'ERASED')),
	CONSTRAINT "users_email_unless_erased" CHECK ("users"."email" is not null or "users"."status" = 'ERASED'),
	CONSTRAINT "users_first_name_length" CHECK (char_length("users"."first_name") between 1 and 100),
	CONSTRAINT "users_last_name_length" CHECK (char_length("users"."last_name") between 1 and 100),
	CONSTRAINT "users_phone_e164" CHECK ("users"."phone" ~ '^\+[1-9][0-9]{6,14}$'),
	CONSTRAINT "users_born_since_1900" CHECK ("users"."date_of_birth" >= date '1900-01-01'),
	CONSTRAINT "users_avatar_https" CHECK ("users"."avatar_url" like 'https://%' and char_length("users"."avatar_url") <= 2000),
	CONSTRAINT "users_bio_length" CHECK (char_length("users"."bio") between 1 and 1000),
	CONSTRAINT "users_sign_ins" CHECK ("users"."sign_in_count" >= 0)
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
ALTER TABLE "addresses" ADD CONSTRAINT "addresses_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_preferences" ADD CONSTRAINT "user_preferences_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "addresses_one_default" ON "addresses" USING btree ("user_id") WHERE is_default;--> statement-breakpoint
CREATE INDEX "addresses_of_user" ON "addresses" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "users_by_age" ON "users" USING btree ("sign_up_at","id");--> statement-breakpoint
CREATE INDEX "users_by_status_and_age" ON "users" USING btree ("status","sign_up_at","id");--> statement-breakpoint
CREATE INDEX "users_search" ON "users" USING gin (search_text gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "inbox_waiting" ON "inbox" USING btree ("lane","sequence") WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX "inbox_unsettled_by_key" ON "inbox" USING btree ("key","sequence") WHERE status in ('waiting', 'dead');--> statement-breakpoint
CREATE INDEX "outbox_position" ON "outbox" USING btree ("position","sequence");