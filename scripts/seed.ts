// Loads the demo data into the running system, through the graph. The runner calls it on every start; it works on the first
// one that goes through, so that whatever people do to the demo data afterwards stays as they left it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { demoMachine } from '@tikitu/local/demo-accounts'
import { registered } from './src/seed/accounts.ts'
import { loadDemoData } from './src/seed/demo-data.ts'
import { readStadiumPlan } from './src/seed/stadium-plan.ts'
import { readStadiums } from './src/seed/stadiums.ts'

const input = (name: string) => readFileSync(new URL(`data/${name}`, import.meta.url), 'utf8')
const gateway = `http://127.0.0.1:${process.env['PORT_BASE'] || '3000'}`
const issuer = process.env['COGNITO_ENDPOINT']
const loadedAt = join(process.env['DATA_DIR'] || '.data', 'demo-data-loaded')

if (!issuer) {
  console.log('demo data: left out, because its accounts live in the development user pool')
} else if (!existsSync(loadedAt)) {
  await registered('buyer', gateway, issuer)
  await registered('rival', gateway, issuer)
  const now = new Date()
  await loadDemoData({
    promoter: await registered('promoter', gateway, issuer),
    operator: await registered('operator', gateway, issuer),
    venues: readStadiums(input('stadiums-gps.csv')).map(({ venue }) => venue),
    seating: readStadiumPlan(input('stadium-39264-seats.json')),
    machineClientId: demoMachine.clientId,
    now,
    report: (progress) => console.log(`demo data: ${progress}`),
  })
  writeFileSync(loadedAt, `${now.toISOString()}\n`)
}
