ALTER TABLE "booking_refunds" DROP CONSTRAINT "booking_refunds_status";--> statement-breakpoint
DROP INDEX "booking_refunds_once_per_payment";--> statement-breakpoint
ALTER TABLE "booking_payments" ADD COLUMN "promised" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "booking_refunds" ADD COLUMN "kind" text DEFAULT 'WHOLE' NOT NULL;--> statement-breakpoint
CREATE INDEX "booking_refunds_by_payment" ON "booking_refunds" USING btree ("payment_id");--> statement-breakpoint
CREATE INDEX "booking_refunds_by_booking" ON "booking_refunds" USING btree ("booking_id");--> statement-breakpoint
CREATE UNIQUE INDEX "booking_refunds_one_whole" ON "booking_refunds" USING btree ("payment_id") WHERE kind = 'WHOLE';--> statement-breakpoint
ALTER TABLE "booking_payments" ADD CONSTRAINT "booking_payments_promised_within_amount" CHECK (promised between 0 and amount);--> statement-breakpoint
ALTER TABLE "booking_refunds" ADD CONSTRAINT "booking_refunds_kind" CHECK (kind in ('WHOLE', 'TICKETS', 'GOODWILL', 'REST'));--> statement-breakpoint
ALTER TABLE "booking_refunds" ADD CONSTRAINT "booking_refunds_status" CHECK (status in ('REQUESTED', 'SUCCEEDED', 'FAILED', 'REJECTED'));