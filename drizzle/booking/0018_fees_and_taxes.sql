CREATE TABLE "fee_terms" (
	"effective_at" timestamp (3) with time zone PRIMARY KEY NOT NULL,
	"fee_basis_points" integer NOT NULL,
	"fee_fixed_per_ticket" integer NOT NULL,
	"tax_basis_points" integer NOT NULL,
	CONSTRAINT "fee_terms_range" CHECK (fee_basis_points between 0 and 10000 and fee_fixed_per_ticket >= 0 and tax_basis_points between 0 and 10000)
);
--> statement-breakpoint
ALTER TABLE "bookings" DROP CONSTRAINT "bookings_total";--> statement-breakpoint
ALTER TABLE "bookings" ADD COLUMN "fees" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "bookings" ADD COLUMN "taxes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_total" CHECK (fees >= 0 and taxes >= 0 and total >= fees + taxes);