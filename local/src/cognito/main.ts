// The development issuer as a process of its own.
import { join } from 'node:path'
import { runAsChild } from '../child.ts'
import { readSettings } from '../settings.ts'
import { startIssuer } from './issuer.ts'

await runAsChild(async () => {
  const { dataDir, ports } = readSettings(process.env)
  return startIssuer({
    dataDir: join(dataDir, 'cognito'),
    port: ports.issuer,
    adminSecret: process.env['COGNITO_ADMIN_SECRET'] ?? '',
    nodeEnv: process.env['NODE_ENV'],
  })
})
