// `pnpm demo`: buys tickets in the running system as a person would, and stops at the first thing that is not as promised.
import { readSettings } from '@tikitu/local/settings'
import { purchase } from './src/demo/purchase.ts'
import { narrator } from './src/demo/steps.ts'
import { signedIn } from './src/seed/accounts.ts'
import { STADIUM_EVENT_TITLE } from './src/seed/programme.ts'

try {
  const { ports, cognito } = readSettings(process.env)
  if (!cognito.localOrigin)
    throw new Error('The demo signs in at the development user pool; COGNITO_USER_POOL_ID names another.')
  const gateway = `http://127.0.0.1:${ports.gateway}`
  const begun = performance.now()
  const people = {
    buyer: await signedIn('buyer', gateway, cognito.localOrigin),
    rival: await signedIn('rival', gateway, cognito.localOrigin),
    promoter: await signedIn('promoter', gateway, cognito.localOrigin),
  }
  await purchase(people, { eventTitle: STADIUM_EVENT_TITLE }, narrator(process.stdout), (text) => console.log(text))
  console.log(`\nEverything was as promised, in ${((performance.now() - begun) / 1000).toFixed(1)} s.`)
} catch (error) {
  const unreachable = error instanceof TypeError && error.message === 'fetch failed'
  const message = unreachable ? 'Nothing answers. Is the system running? `pnpm start` starts it.' : messageOf(error)
  console.error(`\n${message}`)
  process.exitCode = 1
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
