// The mail server as a process of its own.
import { join } from 'node:path'
import { runAsChild } from '../child.ts'
import { readSettings } from '../settings.ts'
import { startMailServer } from './mail-server.ts'

await runAsChild(() => {
  const { dataDir, ports } = readSettings(process.env)
  return startMailServer({ dataDir: join(dataDir, 'mail'), smtpPort: ports.smtp, inboxPort: ports.inbox })
})
