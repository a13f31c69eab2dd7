DROP INDEX "check_ins_nonce_once";--> statement-breakpoint
ALTER TABLE "check_ins" ADD COLUMN "code_hash" text;--> statement-breakpoint
CREATE UNIQUE INDEX "check_ins_nonce_once" ON "check_ins" USING btree ("event_id","scanned_by","nonce");