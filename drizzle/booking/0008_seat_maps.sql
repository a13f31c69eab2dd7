CREATE TABLE "seat_map_changes" (
	"event_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"seat_nos" integer[] NOT NULL,
	"states" "bytea" NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "seat_map_changes_event_id_version_pk" PRIMARY KEY("event_id","version")
);
--> statement-breakpoint
CREATE TABLE "seat_maps" (
	"event_id" uuid PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"plan_id" uuid NOT NULL,
	"states" "bytea" NOT NULL,
	"read_at" timestamp with time zone NOT NULL
);
