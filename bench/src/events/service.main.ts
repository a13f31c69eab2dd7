import { setTimeout as delay } from 'node:timers/promises'
import { openConsumer, openPublisher, type Publisher } from './buses.ts'
import type { Order, Report, Start } from './messages.ts'

/*
 * A process that is one end of a bus. The first message says which; a publisher is then told what to commit.
 */
process.once('disconnect', () => process.exit(0))
process.once('message', (start: Start) => {
  void run(start).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})

async function run({ end, place }: Start): Promise<void> {
  let tells = false
  if (end === 'consumer') await openConsumer(place)
  else {
    const publisher = await openPublisher(place, () => tells)
    process.on('message', (order: Order) => {
      tells = order.kind === 'paced'
      const committing = order.kind === 'paced' ? commitPaced(publisher, order) : commitAll(publisher, order)
      committing.then(
        (committedAt) => tell({ type: 'committed', committedAt }),
        (error: unknown) => tell({ type: 'failed', message: String(error) }),
      )
    })
  }
  tell({ type: 'ready' })
}

function tell(report: Report): void {
  process.send?.(report)
}

const now = () => performance.timeOrigin + performance.now()

/** Whoever is late does not delay those after. */
async function commitPaced(
  publisher: Publisher,
  { first, count, perSecond }: Extract<Order, { kind: 'paced' }>,
): Promise<number[]> {
  const startedAt = performance.now()
  const commits: Promise<number>[] = []
  for (let index = 0; index < count; index += 1) {
    const early = startedAt + (index / perSecond) * 1_000 - performance.now()
    if (early > 0) await delay(early)
    commits.push(publisher.commit(first + index).then(now))
  }
  return Promise.all(commits)
}

async function commitAll(
  publisher: Publisher,
  { first, count, clients }: Extract<Order, { kind: 'all' }>,
): Promise<number[]> {
  let next = 0
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let index = next++; index < count; index = next++) await publisher.commit(first + index)
    }),
  )
  return []
}
