// The payment sandbox as a process of its own.
import { join } from 'node:path'
import { runAsChild } from '../child.ts'
import { readSettings } from '../settings.ts'
import { startSandbox } from './sandbox.ts'

await runAsChild(() => {
  const { dataDir, ports } = readSettings(process.env)
  return startSandbox({
    file: join(dataDir, 'stripe/books.sqlite'),
    port: ports.sandbox,
    apiKey: process.env['SANDBOX_SECRET_KEY'] ?? '',
    webhooks: {
      url: `http://127.0.0.1:${ports.gateway}/webhooks/sandbox`,
      secret: process.env['SANDBOX_WEBHOOK_SECRET'] ?? '',
    },
  })
})
