CREATE TABLE "event_images" (
	"id" uuid PRIMARY KEY NOT NULL,
	"event_id" uuid NOT NULL,
	"content_type" text NOT NULL,
	"bytes" "bytea" NOT NULL,
	"uploaded_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "event_images_type" CHECK (content_type in ('image/jpeg', 'image/png', 'image/webp')),
	CONSTRAINT "event_images_size" CHECK (octet_length(bytes) between 1 and 10485760)
);
--> statement-breakpoint
ALTER TABLE "event_listings" ADD COLUMN "may_sell" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "event_images" ADD CONSTRAINT "event_images_event_id_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_images_by_event" ON "event_images" USING btree ("event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_cheapest" ON "event_listings" USING btree ("status","currency","price_min");--> statement-breakpoint
CREATE INDEX "event_listings_by_dearest" ON "event_listings" USING btree ("status","currency","price_max");