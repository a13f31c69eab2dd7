// Loaded before our gateway when it is to be profiled: writes what the processor did between two messages of the parent,
// so that starting up is no part of it.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import type { ProfilerMessage } from './profile.ts'

/** Between two looks at the stack, in microseconds. */
const INTERVAL_MICROSECONDS = 500

const session = new Session()
session.connect()

process.on('message', (message: ProfilerMessage) => {
  if (message.profile === 'start') void start()
  else void stop(message.file)
})

async function start(): Promise<void> {
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MICROSECONDS })
  await session.post('Profiler.start')
  process.send?.('started')
}

async function stop(file: string): Promise<void> {
  const { profile } = await session.post('Profiler.stop')
  writeFileSync(file, JSON.stringify(profile))
  process.send?.('written')
}
