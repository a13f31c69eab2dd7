CREATE TABLE "demand_progress" (
	"id" smallint PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"holding" uuid[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_listings" (
	"event_id" uuid PRIMARY KEY NOT NULL,
	"status" text NOT NULL,
	"partner_id" uuid NOT NULL,
	"venue_id" uuid NOT NULL,
	"category" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"sales_open_at" timestamp (3) with time zone,
	"sales_close_at" timestamp (3) with time zone NOT NULL,
	"city" text NOT NULL,
	"country" text NOT NULL,
	"currency" text NOT NULL,
	"price_min" bigint,
	"price_max" bigint,
	"words" "tsvector" NOT NULL,
	"capacity" integer NOT NULL,
	"sold" integer DEFAULT 0 NOT NULL,
	"held" integer DEFAULT 0 NOT NULL,
	"has_places" boolean GENERATED ALWAYS AS (capacity > sold + held) STORED NOT NULL,
	"popularity" double precision DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "listing_words" (
	"word" text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "venue_listings" (
	"venue_id" uuid PRIMARY KEY NOT NULL,
	"location" "cube",
	"words" "tsvector" NOT NULL
);
--> statement-breakpoint
DROP INDEX "events_by_start";--> statement-breakpoint
DROP INDEX "events_by_category";--> statement-breakpoint
DROP INDEX "events_by_partner";--> statement-breakpoint
DROP INDEX "events_by_venue";--> statement-breakpoint
DROP INDEX "events_by_title_words";--> statement-breakpoint
ALTER TABLE "event_listings" ADD CONSTRAINT "event_listings_event_id_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_listings_by_start" ON "event_listings" USING btree ("status","starts_at","event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_category" ON "event_listings" USING btree ("status","category","starts_at","event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_city" ON "event_listings" USING btree ("status","city","starts_at","event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_country" ON "event_listings" USING btree ("status","country","starts_at","event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_partner" ON "event_listings" USING btree ("partner_id","starts_at","event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_venue" ON "event_listings" USING btree ("venue_id","starts_at","event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_popularity" ON "event_listings" USING btree ("status","popularity","event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_city_popularity" ON "event_listings" USING btree ("status","city","popularity","event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_category_popularity" ON "event_listings" USING btree ("status","category","popularity","event_id");--> statement-breakpoint
CREATE INDEX "event_listings_by_words" ON "event_listings" USING gin ("words");--> statement-breakpoint
CREATE INDEX "listing_words_by_trigrams" ON "listing_words" USING gin ("word" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "venue_listings_by_location" ON "venue_listings" USING gist ("location");--> statement-breakpoint
CREATE INDEX "venue_listings_by_words" ON "venue_listings" USING gin ("words");--> statement-breakpoint
CREATE INDEX "events_by_end" ON "events" USING btree ("ends_at") WHERE status = 'PUBLISHED';--> statement-breakpoint
ALTER TABLE "events" DROP COLUMN "title_words";