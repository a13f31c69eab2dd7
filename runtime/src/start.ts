import { ConfigurationError } from './config.ts'

/** Starts a process; when its configuration is bad, says what is wrong and ends it with code 1, without a stack. */
export async function startOrExit(start: () => Promise<void>): Promise<void> {
  try {
    await start()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    process.disconnect?.()
  }
}
