import { catchUp, restoredIn, type Restored } from './src/catch-up.ts'

/**
 * `pnpm catch-up <service> <moment>` after a service's database was restored to a moment (`2027-05-01T20:15:00Z`): has it
 * told what it has forgotten. Reads where the databases are from `DATABASE_URL_BOOKING` and its kin. Ends with 1 when a
 * peer could not be reached; it may be repeated.
 */
async function run({ service, ...restored }: Restored): Promise<void> {
  for await (const { peer, events, error } of catchUp({ service, ...restored })) {
    if (!error) {
      console.log(`${peer}: ${events} events since then; those for ${service} are on their way`)
      continue
    }
    console.error(`${peer}: could not be reached; run this again when it can: ${error.message}`)
    process.exitCode = 1
  }
}

try {
  await run(restoredIn(process.argv.slice(2), process.env, new Date()))
} catch (error) {
  console.error(`catch-up: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
