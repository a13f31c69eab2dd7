import { runService } from '@tikitu/runtime/serve'
import { startOrExit } from '@tikitu/runtime/start'
import { readConfig } from './config.ts'
import { definePartner } from './service.ts'

await startOrExit(async () => {
  const config = readConfig()
  await runService(definePartner(config), config)
})
