import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HOW_TO_GET_RABBITMQ, rabbitmqIsInstalled, startRabbitmq, type Rabbitmq } from '@tikitu/local/rabbitmq'
import type { TestProject } from 'vitest/node'

/**
 * Starts one RabbitMQ for the tests of the project, while others already run: it takes seconds. Tests reach it at `url`,
 * wait for it with a GET of `control`, and have it started again with a POST to `/SIGTERM` or, killed before, `/SIGKILL`
 * below. Without RabbitMQ they are skipped.
 */
export default async function startForProject(project: TestProject): Promise<() => Promise<void>> {
  if (!rabbitmqIsInstalled()) {
    console.log(`The events over RabbitMQ are not tested. ${HOW_TO_GET_RABBITMQ}`)
    project.provide('rabbitmq', { missing: HOW_TO_GET_RABBITMQ })
    return async () => {}
  }
  const directory = await mkdtemp(join(tmpdir(), 'tikitu-test-rabbitmq-'))
  const broker = await startRabbitmq(directory)
  const control = await listen(broker)
  project.provide('rabbitmq', {
    url: broker.url,
    control: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
  })
  return async () => {
    control.close()
    await broker.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

function listen(broker: Rabbitmq): Promise<Server> {
  const control = createServer((request, response) => {
    const signal = request.url === '/SIGKILL' ? 'SIGKILL' : 'SIGTERM'
    const done = request.method === 'POST' ? broker.restart(signal) : broker.ready()
    done.then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  return new Promise((resolve) => control.listen(0, '127.0.0.1', () => resolve(control)))
}
