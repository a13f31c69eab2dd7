CREATE TABLE "booking_disputes" (
	"dispute_id" uuid PRIMARY KEY NOT NULL,
	"booking_id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"status" text NOT NULL,
	"lost" bigint DEFAULT 0 NOT NULL,
	"ticket_ids" uuid[] DEFAULT '{}' NOT NULL,
	CONSTRAINT "booking_disputes_status" CHECK (status in ('OPEN', 'WON', 'LOST')),
	CONSTRAINT "booking_disputes_lost_when_lost" CHECK (lost = 0 or (lost > 0 and status = 'LOST'))
);
--> statement-breakpoint
ALTER TABLE "booking_disputes" ADD CONSTRAINT "booking_disputes_booking_id_bookings_id_fk" FOREIGN KEY ("booking_id") REFERENCES "public"."bookings"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "booking_disputes_by_booking" ON "booking_disputes" USING btree ("booking_id");