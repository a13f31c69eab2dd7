import { runService } from '@tikitu/runtime/serve'
import { startOrExit } from '@tikitu/runtime/start'
import { readConfig } from './config.ts'
import { defineBooking } from './service.ts'

await startOrExit(async () => {
  const config = readConfig()
  await runService(defineBooking(config), config)
})
