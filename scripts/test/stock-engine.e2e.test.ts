import { rmSync } from 'node:fs'
import { startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { purchase } from '../src/demo/purchase.ts'
import { signedIn } from '../src/seed/accounts.ts'
import { STADIUM_EVENT_TITLE } from '../src/seed/programme.ts'
import { violations } from './aftermath.ts'
import { filledDataDir } from './data-dir.ts'

// The gateway's own tests run on both engines over small services; the real ones take minutes, so `SOAK=1` asks for them.
describe.runIf(process.env['SOAK'])('the whole system behind the stock engine', () => {
  let system: SpawnedSystem
  let dataDir: string
  beforeAll(async () => {
    dataDir = await filledDataDir()
    system = await startSystem(dataDir, { env: { GATEWAY_ENGINE: 'stock' } })
  })
  afterAll(async () => {
    await system.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('sells a ticket, lets its holder in, and gives the money of another back', async () => {
    const issuer = `http://127.0.0.1:${system.portBase + 11}`
    const person = (name: Parameters<typeof signedIn>[0]) => signedIn(name, system.gateway, issuer)
    const people = { buyer: await person('buyer'), rival: await person('rival'), promoter: await person('promoter') }
    await purchase(people, { eventTitle: STADIUM_EVENT_TITLE }, { step: (_title, work) => work() }, () => undefined)
    expect(await violations(system)).toEqual([])
  })
})
