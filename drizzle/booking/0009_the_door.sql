CREATE TABLE "door_devices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"partner_id" uuid NOT NULL,
	"event_id" uuid,
	"name" text NOT NULL,
	"token_hash" text NOT NULL,
	"token_expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"registered_at" timestamp (3) with time zone,
	"credential_hash" text,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "door_devices_registered_with_credential" CHECK ((registered_at is null) = (credential_hash is null))
);
--> statement-breakpoint
CREATE TABLE "ticket_transfers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"ticket_id" uuid NOT NULL,
	"from_user_id" uuid NOT NULL,
	"to_user_id" uuid,
	"token_hash" text NOT NULL,
	"status" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "ticket_transfers_status" CHECK (status in ('OFFERED', 'CLAIMED', 'WITHDRAWN')),
	CONSTRAINT "ticket_transfers_ended_when" CHECK ((status = 'OFFERED') = (ended_at is null)),
	CONSTRAINT "ticket_transfers_claimed_by" CHECK ((status = 'CLAIMED') = (to_user_id is not null))
);
--> statement-breakpoint
ALTER TABLE "check_ins" DROP CONSTRAINT "check_ins_reason";--> statement-breakpoint
DROP INDEX "check_ins_one_entry";--> statement-breakpoint
ALTER TABLE "check_ins" ADD COLUMN "direction" text DEFAULT 'ENTRY' NOT NULL;--> statement-breakpoint
ALTER TABLE "check_ins" ADD COLUMN "offline" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "check_ins" ADD COLUMN "passage" smallint;--> statement-breakpoint
ALTER TABLE "check_ins" ADD COLUMN "uploaded_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "inside" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "passages" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "changed_in" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "ticket_transfers" ADD CONSTRAINT "ticket_transfers_ticket_id_tickets_id_fk" FOREIGN KEY ("ticket_id") REFERENCES "public"."tickets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "door_devices_by_partner" ON "door_devices" USING btree ("partner_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "ticket_transfers_one_offer" ON "ticket_transfers" USING btree ("ticket_id") WHERE status = 'OFFERED';--> statement-breakpoint
CREATE INDEX "ticket_transfers_by_ticket" ON "ticket_transfers" USING btree ("ticket_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "check_ins_passage_once" ON "check_ins" USING btree ("ticket_id","passage") WHERE passage is not null;--> statement-breakpoint
CREATE INDEX "check_ins_by_ticket" ON "check_ins" USING btree ("ticket_id","at") WHERE accepted;--> statement-breakpoint
CREATE INDEX "tickets_by_change" ON "tickets" USING btree ("event_id","changed_in","id");--> statement-breakpoint
CREATE INDEX "tickets_by_user" ON "tickets" USING btree ("user_id","id");--> statement-breakpoint
ALTER TABLE "check_ins" ADD CONSTRAINT "check_ins_direction" CHECK (direction in ('ENTRY', 'EXIT'));--> statement-breakpoint
ALTER TABLE "check_ins" ADD CONSTRAINT "check_ins_offline_uploaded" CHECK (offline = (uploaded_at is not null));--> statement-breakpoint
ALTER TABLE "check_ins" ADD CONSTRAINT "check_ins_passage_is_online" CHECK (passage is null or (accepted and not offline));--> statement-breakpoint
ALTER TABLE "check_ins" ADD CONSTRAINT "check_ins_reason" CHECK ((accepted = (reason is null)) or (offline and accepted));--> statement-breakpoint
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_inside_was_used" CHECK (not inside or used_at is not null);