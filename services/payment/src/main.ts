import { runService } from '@tikitu/runtime/serve'
import { startOrExit } from '@tikitu/runtime/start'
import { readConfig } from './config.ts'
import { definePayment } from './service.ts'

await startOrExit(async () => {
  const config = readConfig()
  await runService(definePayment(config), config)
})
