// Loaded before every process of a system that is to be profiled: SIGWINCH begins a profile, the next one writes it. A signal,
// because the processes are children of the runner, who passes no messages on.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { basename, dirname, join } from 'node:path'

/** Between two looks at the stack, in microseconds. */
const INTERVAL_MICROSECONDS = 500

const session = new Session()
session.connect()
let profiles = 0
let isProfiling = false

process.on('SIGWINCH', () => {
  isProfiling = !isProfiling
  void (isProfiling ? start() : stop())
})

async function start(): Promise<void> {
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MICROSECONDS })
  await session.post('Profiler.start')
}

async function stop(): Promise<void> {
  const { profile } = await session.post('Profiler.stop')
  profiles += 1
  const file = `${nameOfProcess()}-${profiles}.cpuprofile`
  writeFileSync(join(process.env['BENCH_CPU_PROF'] ?? '.', file), JSON.stringify(profile))
}

/** `gateway` of gateway/src/main.ts. */
function nameOfProcess(): string {
  return basename(dirname((process.argv[1] ?? '').replace(/\/src\/main\.ts$/, '/main.ts')))
}
