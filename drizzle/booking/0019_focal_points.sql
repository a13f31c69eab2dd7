ALTER TABLE "seat_row_hints" ADD COLUMN "focus" smallint;--> statement-breakpoint
ALTER TABLE "plan_rows" ADD COLUMN "focus_place" smallint;--> statement-breakpoint
ALTER TABLE "plan_rows" ADD COLUMN "focus_distance" double precision;