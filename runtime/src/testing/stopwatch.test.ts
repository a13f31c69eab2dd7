import { spawn } from 'node:child_process'
import { expect, it } from 'vitest'
import { stopwatch } from './stopwatch.ts'

const work = (milliseconds: number) => {
  const begun = process.cpuUsage()
  for (let i = 0; ; i += 1) if (i % 1e6 === 0 && process.cpuUsage(begun).user > milliseconds * 1_000) return
}

it('counts what is waited for and what is worked', async () => {
  const watch = stopwatch()
  await new Promise((resolve) => setTimeout(resolve, 200))
  const waited = watch.milliseconds()
  expect(waited).toBeGreaterThan(150)
  work(200)
  expect(watch.milliseconds() - waited).toBeGreaterThan(190)
})

it('does not count that the process stood still', async () => {
  const watch = stopwatch()
  const begun = performance.now()
  const stopped = spawn('sh', ['-c', `kill -STOP ${process.pid}; sleep 1; kill -CONT ${process.pid}`])
  await new Promise((resolve) => stopped.on('exit', resolve))
  expect(performance.now() - begun).toBeGreaterThan(950)
  expect(watch.milliseconds()).toBeLessThan(700)
})
