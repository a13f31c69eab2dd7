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
CREATE TABLE "notifications" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"category" text NOT NULL,
	"template" text NOT NULL,
	"template_id" uuid NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"html" text,
	"status" text NOT NULL,
	"booking_id" uuid,
	"cause_id" uuid NOT NULL,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"failure_reason" text,
	"provider_message_id" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"sent_at" timestamp (3) with time zone,
	"read_at" timestamp (3) with time zone,
	CONSTRAINT "notifications_channel" CHECK (channel in ('EMAIL', 'SMS', 'PUSH', 'IN_APP')),
	CONSTRAINT "notifications_category" CHECK (category in ('TRANSACTIONAL', 'REMINDER', 'MARKETING')),
	CONSTRAINT "notifications_status" CHECK (status in ('PENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'SUPPRESSED')),
	CONSTRAINT "notifications_sent_when" CHECK (status not in ('SENT', 'DELIVERED') or sent_at is not null),
	CONSTRAINT "notifications_read_when" CHECK ((status = 'READ') <= (read_at is not null))
);
--> statement-breakpoint
CREATE TABLE "platform_settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"version" integer NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "preferences" (
	"user_id" uuid NOT NULL,
	"category" text NOT NULL,
	"channel" text NOT NULL,
	"enabled" boolean NOT NULL,
	CONSTRAINT "preferences_user_id_category_channel_pk" PRIMARY KEY("user_id","category","channel"),
	CONSTRAINT "preferences_channel" CHECK (channel in ('EMAIL', 'SMS', 'PUSH', 'IN_APP')),
	CONSTRAINT "preferences_category" CHECK (category in ('TRANSACTIONAL', 'REMINDER', 'MARKETING')),
	CONSTRAINT "preferences_transactional_mail_stays_on" CHECK (enabled or not (category = 'TRANSACTIONAL' and channel = 'EMAIL'))
);
--> statement-breakpoint
CREATE TABLE "recipients" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"first_name" text,
	"language" text NOT NULL,
	"timezone" text NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL,
	"reachable" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE TABLE "templates" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"channel" text NOT NULL,
	"locale" text NOT NULL,
	"version" integer NOT NULL,
	"category" text NOT NULL,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"variables" text[] NOT NULL,
	"sample" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "templates_channel" CHECK (channel in ('EMAIL', 'SMS', 'PUSH', 'IN_APP')),
	CONSTRAINT "templates_category" CHECK (category in ('TRANSACTIONAL', 'REMINDER', 'MARKETING')),
	CONSTRAINT "templates_version" CHECK (version > 0)
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
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_template_id_templates_id_fk" FOREIGN KEY ("template_id") REFERENCES "public"."templates"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "notifications_once_per_cause" ON "notifications" USING btree ("cause_id","user_id","template","channel");--> statement-breakpoint
CREATE INDEX "notifications_by_user" ON "notifications" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "notifications_by_booking" ON "notifications" USING btree ("booking_id") WHERE booking_id is not null;--> statement-breakpoint
CREATE INDEX "notifications_unread" ON "notifications" USING btree ("user_id") WHERE channel = 'IN_APP' and read_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "templates_version_once" ON "templates" USING btree ("name","channel","locale","version");--> statement-breakpoint
CREATE INDEX "inbox_waiting" ON "inbox" USING btree ("lane","sequence") WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX "inbox_unsettled_by_key" ON "inbox" USING btree ("key","sequence") WHERE status in ('waiting', 'dead');--> statement-breakpoint
CREATE INDEX "outbox_position" ON "outbox" USING btree ("position","sequence");