import { startOrExit } from '@tikitu/runtime/start'
import { readConfig } from './config.ts'
import { runGateway } from './gateway.ts'

await startOrExit(() => runGateway(readConfig()))
