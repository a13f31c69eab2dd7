/*
 * Work that is done outside of transactions: calls to others, timers, cron. A job is sent with the transaction that
 * wants it, and run after that has committed, at least once.
 *
 * pg-boss keeps the jobs in the service's own database. None of its queues uses notifications: a queue that does is
 * polled so rarely that a timer in it was measured 26 s late. A job sent by this process wakes its worker directly.
 */
export { cron, defineJob, job, type JobHandler, type JobOptions, type JobRun } from './jobs/define.ts'
export { sendJob } from './jobs/send.ts'
export { startJobs } from './jobs/start.ts'
