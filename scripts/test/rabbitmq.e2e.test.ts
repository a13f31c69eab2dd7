import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HOW_TO_GET_RABBITMQ, rabbitmqIsInstalled, startRabbitmq, type Rabbitmq } from '@tikitu/local/rabbitmq'
import { startSystem, type SpawnedSystem } from '@tikitu/local/spawn-system'
import { Connection } from 'rabbitmq-client'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { purchase } from '../src/demo/purchase.ts'
import type { Narrator } from '../src/demo/steps.ts'
import { signedIn } from '../src/seed/accounts.ts'
import { STADIUM_EVENT_TITLE } from '../src/seed/programme.ts'
import { violations } from './aftermath.ts'
import { filledDataDir } from './data-dir.ts'

/** The steps of the demo in which the broker restarts; each time takes ten seconds, so only `SOAK=1` does it. */
const RESTARTS = ['pay with a good one', 'cancel it']

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

  /** Everything that the demo does, with what is to happen during a step. */
  async function sell(during: (title: string) => Promise<void> = async () => undefined) {
    const issuer = `http://127.0.0.1:${system.portBase + 11}`
    const [buyer, rival, promoter] = await Promise.all([
      signedIn('buyer', system.gateway, issuer),
      signedIn('rival', system.gateway, issuer),
      signedIn('promoter', system.gateway, issuer),
    ])
    const step: Narrator['step'] = async (title, work) => (await Promise.all([work(), during(title)]))[0]
    await purchase({ buyer, rival, promoter }, { eventTitle: STADIUM_EVENT_TITLE }, { step }, () => undefined)
    expect(await violations(system)).toEqual([])
  }

  it('a ticket is sold and lets its holder in, and the money of another goes back', async () => {
    await sell()
    const connection = new Connection(broker.url)
    onTestFinished(() => connection.close())
    // Nothing else declares these queues.
    for (const queue of ['tikitu.booking', 'tikitu.payment'])
      expect(await connection.queueDeclare({ queue, passive: true })).toMatchObject({ consumerCount: 1 })
  })

  it.runIf(process.env['SOAK'])(
    'so it is when the broker restarts while somebody pays, or while money goes back',
    async () => {
      const restarted: string[] = []
      await sell(async (title) => {
        if (!RESTARTS.includes(title)) return
        await broker.restart('SIGTERM')
        restarted.push(title)
      })
      expect(restarted).toEqual(RESTARTS)
    },
  )
})
