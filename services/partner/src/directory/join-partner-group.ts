import { z } from 'zod'
import { defineJob, job, type JobHandler } from '@tikitu/runtime/jobs'
import type { UserPool } from './user-pool.ts'

/** The group of the user pool whose members the gateway lets in as partners. */
const PARTNER_GROUP = 'partner'

/** Puts the owner of a partner that was verified into the group `partner`. Tried for about two days: the pool may be down. */
export const JoinPartnerGroup = defineJob('owner.joinPartnerGroup', z.object({ subject: z.string().min(1) }), {
  retryLimit: 300,
})

/** Does it; somebody who is in the group already stays in it. */
export function joinPartnerGroup(pool: UserPool): JobHandler {
  return job(JoinPartnerGroup, ({ subject }, { signal }) => pool.addToGroup(subject, PARTNER_GROUP, signal))
}
