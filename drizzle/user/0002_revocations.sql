CREATE SEQUENCE "public"."revocations_order" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "revocations" (
	"subject" text NOT NULL,
	"sign_in_id" text NOT NULL,
	"signed_out_at" timestamp (3) with time zone,
	"is_closed" boolean DEFAULT false NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL,
	"place" bigint NOT NULL,
	CONSTRAINT "revocations_subject_sign_in_id_pk" PRIMARY KEY("subject","sign_in_id"),
	CONSTRAINT "revocations_accounts_have_no_sign_in" CHECK (not "revocations"."is_closed" or "revocations"."sign_in_id" = '')
);
--> statement-breakpoint
CREATE UNIQUE INDEX "revocations_in_order" ON "revocations" USING btree ("place");