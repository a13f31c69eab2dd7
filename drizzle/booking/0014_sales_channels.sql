ALTER TABLE "bookings" ADD COLUMN "channel" text DEFAULT 'PUBLIC' NOT NULL;--> statement-breakpoint
ALTER TABLE "ticket_types" ADD COLUMN "sales_open_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "ticket_types" ADD COLUMN "sales_close_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "ticket_types" ADD COLUMN "channel" text DEFAULT 'PUBLIC' NOT NULL;--> statement-breakpoint
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_channel" CHECK (channel in ('PUBLIC', 'PARTNER', 'DOOR'));--> statement-breakpoint
ALTER TABLE "ticket_types" ADD CONSTRAINT "ticket_types_channel" CHECK (channel in ('PUBLIC', 'PARTNER', 'DOOR'));--> statement-breakpoint
ALTER TABLE "ticket_types" ADD CONSTRAINT "ticket_types_sales_close_after_open" CHECK (sales_close_at > sales_open_at);