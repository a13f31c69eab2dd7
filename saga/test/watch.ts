import { setTimeout as pause } from 'node:timers/promises'
import { ProviderUnavailable } from '../../services/payment/src/providers/provider.ts'
import type { Node } from './node.ts'
import type { Purchase } from './purchase.ts'
import type { System } from './system.ts'

/** What can happen to a step. `fails when it is done`: it has been done, and who asked for it hears that it has not. */
export type Trouble = 'fails' | 'fails when it is done' | 'is repeated' | 'is late'

/** A step of a purchase, as it was seen: the delivery of an event, its handling, a job or timer, a call to the provider. */
export interface Point {
  readonly name: string
  /** Counted from 1 among those of its name. */
  readonly nth: number
  /** What can happen to it. */
  readonly troubles: readonly Trouble[]
}

/** How late a late step is, in milliseconds. */
const LATE_MILLISECONDS = 150

const DELIVERY: readonly Trouble[] = ['fails', 'fails when it is done', 'is repeated', 'is late']
const HANDLING: readonly Trouble[] = ['fails', 'fails when it is done', 'is late']
const JOB: readonly Trouble[] = ['fails', 'fails when it is done', 'is repeated', 'is late']
// A call that is repeated is one whose answer was lost.
const CALL: readonly Trouble[] = ['fails', 'fails when it is done', 'is late']

/**
 * Watches every step of a purchase from now on, until the system comes to rest. `happens` says what happens to a step, if
 * anything.
 */
export function watch(
  system: System,
  { id }: Pick<Purchase, 'id'>,
  happens: (point: Point) => Trouble | undefined,
): void {
  const { network, bank, booking, payment } = system
  const counts = new Map<string, number>()
  const see = (name: string, troubles: readonly Trouble[]): Trouble | undefined => {
    const nth = (counts.get(name) ?? 0) + 1
    counts.set(name, nth)
    return happens({ name, nth, troubles })
  }

  network.decide(({ consumer, event }) => {
    if (event.partitionkey !== id) return undefined
    switch (see(`${event.type} goes to ${consumer}`, DELIVERY)) {
      case 'fails':
        return 'lose'
      case 'fails when it is done':
        return 'forget to say so'
      case 'is repeated':
        return 'deliver twice'
      case 'is late':
        void pause(LATE_MILLISECONDS).then(() => network.letGo())
        return 'keep'
      case undefined:
        return 'deliver'
    }
  })

  for (const node of [booking, payment]) disturbSteps(node, (about) => isAbout(system, about, id), see)

  let trouble: Trouble | undefined
  bank.interfere(async (call, moment) => {
    if (moment === 'before') trouble = see(`the provider does ${call}`, CALL)
    if (moment === 'before' && trouble === 'is late') await pause(LATE_MILLISECONDS)
    if (moment === (trouble === 'fails' ? 'before' : 'after') && trouble?.startsWith('fails')) {
      trouble = undefined
      throw new ProviderUnavailable('the provider')
    }
  })
}

class Failed extends Error {
  override readonly name = 'Failed'
}

/** Whether an event's key or a job's data are about a booking; what is about none is about all. */
async function isAbout({ payment }: System, about: unknown, bookingId: string): Promise<boolean> {
  if (typeof about === 'string') return about === bookingId
  const { rows } = await payment.database.pool.query<{ booking_id: string }>(
    `select booking_id from payments where id = ($1::jsonb ->> 'paymentId')::uuid
      union all select booking_id from refunds where id = ($1::jsonb ->> 'refundId')::uuid`,
    [JSON.stringify(about ?? {})],
  )
  return rows.every(({ booking_id: of }) => of === bookingId)
}

function disturbSteps(
  node: Node,
  isOurs: (about: unknown) => Promise<boolean>,
  see: (name: string, troubles: readonly Trouble[]) => Trouble | undefined,
): void {
  let trouble: Trouble | undefined
  node.disturb(async ({ name, about }, moment) => {
    if (!(await isOurs(about))) return
    const job = /^\w+ runs (.*)$/.exec(name)?.[1]
    if (moment === 'before') trouble = see(name, job === undefined ? HANDLING : JOB)
    if (moment === 'before' && trouble === 'is late') await pause(LATE_MILLISECONDS)
    const now = trouble
    if (now === 'fails' || (now === 'fails when it is done' && moment === 'after')) {
      trouble = undefined
      throw new Failed(name)
    }
    if (now === 'is repeated' && moment === 'after' && job !== undefined) {
      trouble = undefined
      await node.runJob(job, about)
    }
  })
}
