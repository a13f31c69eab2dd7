import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HOW_TO_GET_RABBITMQ, rabbitmqIsInstalled, startRabbitmq, type Rabbitmq } from '@tikitu/local/rabbitmq'
import { startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { Connection } from 'rabbitmq-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { purchase } from '../src/demo/purchase.ts'
import { signedIn } from '../src/seed/accounts.ts'
import { STADIUM_EVENT_TITLE } from '../src/seed/programme.ts'
import { violations } from './aftermath.ts'
import { filledDataDir } from './data-dir.ts'

const isInstalled = rabbitmqIsInstalled()
if (!isInstalled) console.log(`A purchase over RabbitMQ is not tested. ${HOW_TO_GET_RABBITMQ}`)

describe.skipIf(!isInstalled)('with EVENT_TRANSPORT=rabbitmq', () => {
  let [dataDir, brokerDir]: readonly string[] = []
  let broker: Rabbitmq
  let system: SpawnedSystem
  beforeAll(async () => {
    brokerDir = await mkdtemp(join(tmpdir(), 'tikitu-rabbitmq-'))
    broker = await startRabbitmq(brokerDir)
    dataDir = await filledDataDir()
    await broker.ready()
    system = await startSystem(dataDir, { env: { EVENT_TRANSPORT: 'rabbitmq', RABBITMQ_URL: broker.url } })
  })
  afterAll(async () => {
    await system.stop()
    await broker.stop()
    for (const directory of [dataDir, brokerDir]) rmSync(directory ?? '', { recursive: true, force: true })
  })

  it('a ticket is sold and lets its holder in, and the money of another goes back', async () => {
    const issuer = `http://127.0.0.1:${system.portBase + 11}`
    const [buyer, rival, promoter] = await Promise.all([
      signedIn('buyer', system.gateway, issuer),
      signedIn('rival', system.gateway, issuer),
      signedIn('promoter', system.gateway, issuer),
    ])
    await purchase(
      { buyer, rival, promoter },
      { eventTitle: STADIUM_EVENT_TITLE },
      { step: (_title, work) => work() },
      () => undefined,
    )
    expect(await violations(system)).toEqual([])
    const connection = new Connection(broker.url)
    // Nothing else declares these queues.
    for (const queue of ['tikitu.booking', 'tikitu.payment'])
      expect(await connection.queueDeclare({ queue, passive: true })).toMatchObject({ consumerCount: 1 })
    await connection.close()
  })
})
