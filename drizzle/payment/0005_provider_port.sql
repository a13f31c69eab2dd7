ALTER TABLE "sandbox"."intents" DISABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "sandbox"."refunds" DISABLE ROW LEVEL SECURITY;--> statement-breakpoint
DROP TABLE "sandbox"."intents" CASCADE;--> statement-breakpoint
DROP TABLE "sandbox"."refunds" CASCADE;--> statement-breakpoint
ALTER TABLE "payment_log" DROP CONSTRAINT "payment_log_operation";--> statement-breakpoint
ALTER TABLE "payment_log" DROP CONSTRAINT "payment_log_kind";--> statement-breakpoint
ALTER TABLE "payment_log" ALTER COLUMN "payment_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "payment_log" ADD COLUMN "event_id" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "provider_state" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "next_action_url" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "capture" text DEFAULT 'automatic' NOT NULL;--> statement-breakpoint
ALTER TABLE "payment_log" ADD CONSTRAINT "payment_log_event_once" UNIQUE("provider","event_id");--> statement-breakpoint
ALTER TABLE "payment_log" ADD CONSTRAINT "payment_log_webhook_named" CHECK ((kind = 'WEBHOOK') = (event_id is not null));--> statement-breakpoint
ALTER TABLE "payment_log" ADD CONSTRAINT "payment_log_about_a_payment" CHECK (payment_id is not null or kind = 'WEBHOOK');--> statement-breakpoint
ALTER TABLE "payment_log" ADD CONSTRAINT "payment_log_operation" CHECK (operation in ('create', 'fetch', 'confirm', 'capture', 'cancel', 'refund', 'webhook'));--> statement-breakpoint
ALTER TABLE "payment_log" ADD CONSTRAINT "payment_log_kind" CHECK (kind in ('REQUEST', 'ANSWER', 'NO_ANSWER', 'WEBHOOK'));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_capture" CHECK (capture in ('automatic', 'manual'));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_provider_state" CHECK (provider_state is null or (provider_state in ('open', 'action', 'processing', 'authorized') and status in ('PENDING', 'REQUIRES_ACTION', 'PROCESSING')));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_action_only_when_required" CHECK (next_action_url is null or status = 'REQUIRES_ACTION');--> statement-breakpoint
DROP SCHEMA "sandbox";
