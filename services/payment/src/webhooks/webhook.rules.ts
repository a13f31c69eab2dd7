/** How old a webhook may be, in seconds, by its signature. An older one is taken for a replay. */
const AGE_SECONDS_MAX = 300

/** How far the provider's clock may be ahead of ours, in seconds. */
const AHEAD_SECONDS_MAX = 300

/** How long a webhook may be, in bytes. Those that are about what we do are a few thousand. */
export const WEBHOOK_BYTES_MAX = 65_536

/** Whether a webhook that was signed then is new enough to be believed at all. */
export function isFresh(signedAt: Date, at: Date): boolean {
  const age = (at.getTime() - signedAt.getTime()) / 1_000
  return age <= AGE_SECONDS_MAX && age >= -AHEAD_SECONDS_MAX
}
