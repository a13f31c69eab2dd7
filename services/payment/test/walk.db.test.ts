import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Outside } from '../src/providers/outside.ts'
import { reconcile } from '../src/reconcile.ts'
import { requestRefund } from '../src/refunds/refunds.ts'
import { cancelRequest } from '../src/requests/requests.ts'
import { endingOf, expectAgreement } from './agreement.ts'
import { anOutside, aRequest, commit, confirm, start } from './build.ts'
import { startMortal, type MortalProcess } from './mortal.ts'
import { attemptsOf } from './read.ts'
import { aSandbox } from './sandbox.ts'

/*
 * Each scenario is a list of steps: events that arrive, wishes of the buyer, and the work that follows from them. Every
 * step is failed before each of its beats, repeated, repeated late, and delayed; a step that is added here is covered.
 */

/** One booking on its way. */
interface Journey {
  readonly bookingId: string
  readonly payerId: string
  readonly keys: readonly [string, string]
  readonly refundIds: readonly [string, string]
}

/** Something that happens; done twice it must be the same as once. */
type Step = (from: Outside, journey: Journey) => Promise<unknown>

const STEPS = {
  'booking asks for money': ({ database }, { bookingId, payerId }) => aRequest(database, { bookingId, payerId }),
  'the buyer begins to pay': (from, journey) => start(from, journey, { key: journey.keys[0] }),
  'the buyer begins again': (from, journey) => start(from, journey, { key: journey.keys[1] }),
  'the card is declined': (from, journey) => confirmNewest(from, journey, 'tok_declined'),
  'the buyer pays': (from, journey) => confirmNewest(from, journey, 'tok_success'),
  'booking gives up': ({ database }, { bookingId }) =>
    commit(database, (tx, at) => cancelRequest(tx, { bookingId, reason: 'expired', at })),
  'a part goes back': (from, journey) => refund(from, journey, journey.refundIds[0], 4_000),
  'the rest goes back': (from, journey) => refund(from, journey, journey.refundIds[1], 6_000),
  'work is done': async (from) => {
    await hurry()
    await reconcile(from)
  },
} as const satisfies Record<string, Step>

type StepName = keyof typeof STEPS

const SCENARIOS: Readonly<Record<string, readonly StepName[]>> = {
  'declined, then paid': [
    'booking asks for money',
    'the buyer begins to pay',
    'the card is declined',
    'the buyer begins again',
    'the buyer pays',
  ],
  'given up': ['booking asks for money', 'the buyer begins to pay', 'booking gives up', 'work is done'],
  'paid, given up too late, and given back in parts': [
    'booking asks for money',
    'the buyer begins to pay',
    'the buyer pays',
    'booking gives up',
    'a part goes back',
    'work is done',
    'the rest goes back',
    'work is done',
  ],
}

/** More beats than any step has. */
const BEATS_MAX = 40

// Each test walks a scenario many times.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let database: Database
let mortal: MortalProcess
let outside: Outside
/** How each scenario ends when nothing goes wrong. */
const endings = new Map<string, Awaited<ReturnType<typeof endingOf>>>()

beforeAll(async () => {
  const tested = await testDatabase('payment')
  database = tested.database
  mortal = startMortal(tested.url, aSandbox())
  tested.beforeDrop(() => mortal.database.close())
  outside = anOutside(mortal.database, mortal.sandbox)
  // Twice, so that what a process does only once is not taken for a beat of some step.
  for (let round = 0; round < 2; round++) {
    for (const [scenario, steps] of Object.entries(SCENARIOS)) endings.set(scenario, (await walk(steps)).ending)
  }
})

async function confirmNewest(from: Outside, { bookingId, payerId }: Journey, instrument: string): Promise<void> {
  const newest = (await attemptsOf(database, bookingId)).at(-1)
  if (newest) await confirm(from, payerId, newest.id, instrument)
}

function refund(from: Outside, { bookingId }: Journey, refundId: string, amount: number): Promise<void> {
  const asked = {
    refundId,
    bookingId,
    paymentId: null,
    amount,
    currency: 'EUR',
    reason: 'no longer wanted',
    requestedBy: null,
    goodwill: false,
  }
  return commit(from.database, (tx, at) => requestRefund(tx, { ...asked, at }))
}

/** Whatever is under way is due. Earlier journeys are not: they have been put off for ever. */
async function hurry(): Promise<void> {
  await database.pool.query(
    `update payments set check_at = now() where check_at < 'infinity';
     update refunds set check_at = now() where check_at < 'infinity'`,
  )
}

async function putOff(): Promise<void> {
  await database.pool.query(`update payments set check_at = 'infinity'; update refunds set check_at = 'infinity'`)
}

/** A step during which the process dies. */
interface Failure {
  readonly index: number
  /** How many beats of it are made. */
  readonly beats: number
  /** Whether the step is repeated once the process runs again, as a bus repeats an event and a buyer a click. */
  readonly repeat: boolean
}

/** Walks the steps, does what is left to do, and checks that everybody agrees. Answers how it ended, and whether the process died. */
async function walk(steps: readonly StepName[], failure?: Failure) {
  const journey: Journey = {
    bookingId: newId(),
    payerId: newId(),
    keys: [newId(), newId()],
    refundIds: [newId(), newId()],
  }
  let died = false
  for (const [index, name] of steps.entries()) {
    const step = () => STEPS[name](outside, journey)
    if (failure?.index !== index) {
      await step()
      continue
    }
    mortal.dieAfter(failure.beats)
    await step().catch(() => undefined)
    died = mortal.restart()
    if (died && failure.repeat) await step()
  }
  // Twice, because what one run finds out may be the next one's work.
  for (let round = 0; round < 2; round++) await STEPS['work is done'](outside)
  await expectAgreement(database, journey.bookingId)
  const ending = await endingOf(database, journey.bookingId)
  await putOff()
  return { ending, died }
}

describe.each(Object.entries(SCENARIOS))('%s:', (scenario, steps) => {
  const undisturbed = () => endings.get(scenario)
  const numbered = steps.map((name, index) => ({ name, index }))

  test.each(numbered)('dying at any moment while "$name"', async ({ index }) => {
    let beats = 0
    for (; beats < BEATS_MAX; beats++) {
      const repeated = await walk(steps, { index, beats, repeat: true })
      if (!repeated.died) break
      expect({ beats, ...repeated.ending }).toEqual({ beats, ...undisturbed() })
      await walk(steps, { index, beats, repeat: false })
    }
    expect(beats).toBeGreaterThan(0)
    expect(beats).toBeLessThan(BEATS_MAX)
  })

  test.each(numbered)('twice in a row: "$name"', async ({ name, index }) => {
    const { ending } = await walk(steps.toSpliced(index, 0, name))
    expect(ending).toEqual(undisturbed())
  })

  test.runIf(process.env['SOAK']).each(numbered)('late again: "$name"', async ({ name }) => {
    const { ending } = await walk([...steps, name])
    expect(ending).toEqual(undisturbed())
  })

  test.each(numbered)('later, by any number of steps: "$name"', async ({ name, index }) => {
    for (let place = index + 1; place < steps.length; place++) {
      await walk(steps.toSpliced(index, 1).toSpliced(place, 0, name))
    }
  })
})
