import { SERVICE_NAMES } from '@tikitu/schema/services'
import { catchUp } from './src/catch-up.ts'

/**
 * `pnpm catch-up <service> <moment>` after a service's database was restored to a moment (`2027-05-01T20:15:00Z`): has it
 * told what it has forgotten. Reads where the databases are from `DATABASE_URL_BOOKING` and its kin.
 */
const [name, moment = ''] = process.argv.slice(2)
const service = SERVICE_NAMES.find((known) => known === name)
const urls = Object.fromEntries(
  SERVICE_NAMES.flatMap((known) => {
    const url = process.env[`DATABASE_URL_${known.toUpperCase()}`]
    return url === undefined ? [] : [[known, url]]
  }),
)
if (!service || Number.isNaN(Date.parse(moment)) || Object.keys(urls).length === 0) {
  console.error('pnpm catch-up <service> <moment>, with DATABASE_URL_<SERVICE> of every service set.')
  process.exitCode = 1
} else {
  for (const [peer, events] of Object.entries(await catchUp({ service, moment: new Date(moment), urls }))) {
    console.log(`${peer}: ${events} events since then; those for ${service} are on their way`)
  }
}
