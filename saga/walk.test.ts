import { newId } from '@tikitu/runtime/ids'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { expire } from '../services/booking/test/story.ts'
import { areQuiet } from './test/node.ts'
import {
  aHolder,
  becomes,
  cancels,
  checksOut,
  confirms,
  insists,
  moneyOf,
  paysAtTheBank,
  runsOut,
  standingOf,
  triesToPay,
  withoutTimer,
  type Purchase,
} from './test/purchase.ts'
import { comesToRest, openSystem, reconcileNow, type System } from './test/system.ts'
import { watch, type Point, type Trouble } from './test/watch.ts'

/*
 * Every step of a purchase is seen in a run in which nothing goes wrong. Then it is walked again for each of them, and
 * that step fails, fails when it is done, is repeated, or is late. A step that is added to the code is walked by itself.
 */

/** CI lets one thing happen to every fifth step, a soak everything to all of them. */
const SOAK = Boolean(process.env['SOAK'])

type Walk = (system: System, purchase: Purchase) => Promise<void>

/** The buyer checks out and begins to pay, and asks again until there is an answer. */
async function pays(system: System, purchase: Purchase): Promise<string> {
  const [checkout, start] = [newId(), newId()]
  await insists(() => checksOut(system, purchase, checkout))
  return insists(() => triesToPay(system, purchase, start))
}

const WALKS: Readonly<Record<string, Walk>> = {
  'declined, paid, cancelled': async (system, purchase) => {
    const declined = await pays(system, purchase)
    await insists(() => confirms(system, purchase, declined, 'tok_declined'))
    await reconcileNow(system).catch(() => undefined)
    const again = newId()
    const id = await insists(() => triesToPay(system, purchase, again))
    await insists(() => confirms(system, purchase, id))
    await reconcileNow(system).catch(() => undefined)
    await becomes(system, purchase, 'CONFIRMED')
    const cancellation = newId()
    await insists(() => cancels(system, purchase, cancellation))
  },

  'never paid': async (system, purchase) => {
    await pays(system, purchase)
    await runsOut(system, purchase)
    await becomes(system, purchase, 'EXPIRED')
  },

  'paid when its time was over': async (system, purchase) => {
    const id = await pays(system, purchase)
    await reconcileNow(system).catch(() => undefined)
    await paysAtTheBank(system, id)
    await runsOut(system, purchase)
    await becomes(system, purchase, 'CONFIRMED')
  },
}

// Each test walks many times.
vi.setConfig({ testTimeout: SOAK ? 1_800_000 : 120_000 })

let system: System
beforeAll(async () => {
  system = await openSystem()
})

/** Walks, lets everything come to rest, and answers with what came of it. */
async function walk(steps: Walk, happens: (point: Point) => Trouble | undefined) {
  const purchase = await aHolder(system)
  watch(system, purchase, happens)
  await steps(system, purchase)
  // Or what follows from the last step would not be watched.
  await areQuiet([system.booking, system.payment])
  const wrong = await comesToRest(system)
  const money = await moneyOf(system, purchase)
  return { wrong, ...(await standingOf(system, purchase)), ...money, attempts: money?.attempts.at(-1) }
}

describe.each(Object.entries(WALKS))('%s:', (_name, steps) => {
  test('whatever happens to any one step, it ends as if nothing had', async () => {
    const before: string[] = []
    const points: Point[] = []
    // Twice, so that neither what happens once in the life of a process nor what cron does is taken for a step.
    await walk(steps, (point) => void before.push(nameOf(point)))
    const undisturbed = await walk(steps, (point) => void points.push(point))
    expect(undisturbed.wrong).toEqual([])
    const ofEveryWalk = points.filter((point) => before.includes(nameOf(point)))
    expect(ofEveryWalk.length).toBeGreaterThan(5)

    const unmet: string[] = []
    for (const [index, step] of ofEveryWalk.entries()) {
      if (!SOAK && index % 5 > 0) continue
      const some = SOAK ? step.troubles : [step.troubles[(index / 5) % step.troubles.length] ?? 'fails']
      for (const trouble of some) {
        const what = `${nameOf(step)} ${trouble}`
        const met: string[] = []
        for (let tries = 0; tries < TRIES_MAX && met.length === 0; tries++) {
          const ending = await walk(steps, (point) => {
            if (met.length > 0 || nameOf(point) !== nameOf(step)) return undefined
            met.push(what)
            return trouble
          })
          expect({ what, ...ending }).toEqual({ what, ...undisturbed })
        }
        if (met.length === 0) unmet.push(what)
      }
    }
    expect(unmet).toEqual([])
  })
})

/** Which of two that race comes first is luck; so often a walk is walked until its step comes by. */
const TRIES_MAX = 4

const nameOf = ({ name, nth }: Point) => `${name} (${nth})`

test('a timer that is late, and one that rings twice, end what nobody paid, once', async () => {
  const late = await aHolder(system)
  await pays(system, late)
  await withoutTimer(system, () => runsOut(system, late))
  await becomes(system, late, 'EXPIRED')
  const twice = await aHolder(system)
  await pays(system, twice)
  await runsOut(system, twice)
  await Promise.all([expire(system.booking.database), expire(system.booking.database)])
  await becomes(system, twice, 'EXPIRED')
  expect(await comesToRest(system)).toEqual([])
})
