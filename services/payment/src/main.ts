import { createLog } from '@tikitu/runtime/log'
import { runService } from '@tikitu/runtime/serve'
import { startOrExit } from '@tikitu/runtime/start'
import { readConfig } from './config.ts'
import { openProviders } from './providers/open.ts'
import { definePayment } from './service.ts'

await startOrExit(async () => {
  const config = readConfig()
  const providers = openProviders(config, createLog('payment', config.logLevel))
  await runService(
    definePayment(config, () => providers),
    config,
  )
})
