import { runService } from '@tikitu/runtime/serve'
import { startOrExit } from '@tikitu/runtime/start'
import { readConfig } from './config.ts'
import { adminService } from './service.ts'

await startOrExit(async () => {
  const config = readConfig()
  await runService(adminService(config), config)
})
