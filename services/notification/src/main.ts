import { runService } from '@tikitu/runtime/serve'
import { startOrExit } from '@tikitu/runtime/start'
import { readConfig } from './config.ts'
import { smtpSender } from './senders/smtp.ts'
import { notificationService } from './service.ts'

await startOrExit(async () => {
  const config = readConfig()
  await runService(notificationService(smtpSender(config)), config)
})
