CREATE TABLE "event_follow_ups" (
	"id" uuid PRIMARY KEY NOT NULL,
	"event_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"bookings" integer NOT NULL,
	"after_booking" uuid,
	"started_at" timestamp (3) with time zone NOT NULL,
	"next_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "event_follow_ups_kind" CHECK (kind in ('CANCEL', 'RESCHEDULE', 'COMPLETE'))
);
--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "cancelled_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "cancel_reason" text;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "rescheduled_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "reschedule_reason" text;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "refundable_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "event_follow_ups" ADD CONSTRAINT "event_follow_ups_event_id_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_follow_ups_due" ON "event_follow_ups" USING btree ("next_at") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "event_follow_ups_by_event" ON "event_follow_ups" USING btree ("event_id","started_at");--> statement-breakpoint
CREATE UNIQUE INDEX "event_follow_ups_one_cancellation" ON "event_follow_ups" USING btree ("event_id") WHERE kind = 'CANCEL';--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_cancelled_when_and_why" CHECK (cancelled_at is null or (status = 'CANCELLED' and cancel_reason is not null));--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_rescheduled_refundable" CHECK ((rescheduled_at is null) = (refundable_until is null));