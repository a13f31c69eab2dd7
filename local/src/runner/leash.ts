// Loaded before anything else in every process that the runner starts. The runner holds the other end of the channel: a
// process whose runner is gone, killed for instance, must not stay, even if it was killed while this one still loaded.

/** How long a process may take to stop by itself, in milliseconds. The database is gone by then, so there is little to finish. */
const GRACE_MS = 5_000

process.on('disconnect', () => {
  setTimeout(() => process.exit(1), GRACE_MS).unref()
})
// The channel alone keeps nothing alive: a script that has done its work ends.
process.channel?.unref()
