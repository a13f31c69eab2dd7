import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { anAdmin, testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, test } from 'vitest'
import { noteDispute } from '../src/disputes/disputes.ts'
import type { IntentDispute } from '../src/providers/provider.ts'
import { approveRefund, rejectRefund, resolveRefund, retryRefund } from '../src/refunds/decisions.ts'
import { pursueRefund } from '../src/refunds/refund-pursuit.ts'
import { requestRefund } from '../src/refunds/refunds.ts'
import { insertEndedEvent } from '../src/settlements/settlement.sql.ts'
import { markSettlementPaid, settle } from '../src/settlements/settlements.ts'
import { aGoodPayment, anOutside, commit } from './build.ts'
import { openDisputesOf, paymentRow, refundsOf, settlementsOf } from './read.ts'
import { brokenBooks, type Sale } from './books.ts'
import { stepsTaken, watchMachines } from './machines.ts'
import { refusingRefunds } from './providers.ts'

const SOAK = Boolean(process.env['SOAK'])
/** Stories that are told, and those in which a planted fault must come to light. */
const RUNS = SOAK ? 1_000 : 8
const FAULT_RUNS = SOAK ? 400 : 60
/** Stories of CI in which every planted fault comes to light within its runs; a soak has more runs, and others. */
const SEED = SOAK ? {} : { seed: 1234 }

/** Two sales of a partner in one currency, so that what is owed for one is taken off the other. */
interface Told {
  readonly database: Database
  readonly sales: readonly Sale[]
  readonly partnerId: string
}

/** Numbers by which a step decides what it is about, so that any step can be taken in any state. */
interface Dice {
  readonly which: number
  readonly much: number
  readonly kind: number
}

type Step = (told: Told, sale: Sale, dice: Dice) => Promise<unknown>

const decide =
  (verb: typeof approveRefund | typeof rejectRefund | typeof retryRefund | typeof resolveRefund): Step =>
  async ({ database }, sale, { which }) => {
    const refunds = await refundsOf(database, sale.bookingId)
    const refundId = refunds[which % Math.max(1, refunds.length)]?.id ?? newId()
    const decision = { refundId, note: 'seen', idempotencyKey: newId(), identity: anAdmin('FINANCE') }
    await transact<{ id: string }, { ok: false; refusal: string; message: string; facts: object }>(database, (tx, at) =>
      verb(tx, { ...decision, at }),
    )
  }

const STEPS = {
  'a part goes back': async ({ database }, { bookingId, captured, currency }, { much, kind }) => {
    const amount = 1 + (much % captured)
    const requestedBy = kind % 2 === 0 ? newId() : null
    const asked = { refundId: newId(), bookingId, paymentId: null, amount, currency, reason: 'asked for' }
    const wish = { ...asked, requestedBy, goodwill: requestedBy !== null && kind % 4 === 0 }
    await commit(database, (tx, at) => requestRefund(tx, { ...wish, at }))
  },
  'the provider is asked': async ({ database }, { bookingId }) => {
    await pursueAll(database, bookingId, 0)
  },
  'the provider refuses': async ({ database }, { bookingId }) => {
    await pursueAll(database, bookingId, 1_000)
  },
  'somebody approves': decide(approveRefund),
  'somebody rejects': decide(rejectRefund),
  'somebody tries again': decide(retryRefund),
  'somebody pays by hand': decide(resolveRefund),
  'the bank takes it back': async ({ database }, { id, currency }, { much }) => {
    const { captured, refunded, contested, lost } = await paymentRow(database, id)
    const left = captured - refunded - contested - lost
    if (left <= 0) return
    const amount = much % 2 === 0 ? left : 1 + (much % left)
    await note(database, id, { ...A_DISPUTE, ref: `dp_${newId()}`, amount, currency, state: 'open' })
  },
  'the bank decides': async ({ database }, { id, currency }, { which, kind }) => {
    const open = await openDisputesOf(database, id)
    const dispute = open[which % Math.max(1, open.length)]
    if (!dispute) return
    const { providerRef: ref, amount } = dispute
    const said = { ...A_DISPUTE, ref, amount, currency, state: kind % 2 === 0 ? ('won' as const) : ('lost' as const) }
    await note(database, id, said)
    // Late, and again.
    await note(database, id, { ...said, state: 'open' })
    await note(database, id, said)
  },
  'the event is over': ({ database }, { eventId, partnerId }) =>
    commit(database, (tx, at) => insertEndedEvent(tx, { eventId, partnerId, endedAt: at })),
  'the partner is settled with': ({ database, partnerId }, { currency }) =>
    commit(database, (tx, at) => settle(tx, { partnerId, currency }, at)),
  'the partner is paid': async ({ database, partnerId }, _sale, { which }) => {
    const settlements = await settlementsOf(database, partnerId)
    const settlementId = settlements[which % Math.max(1, settlements.length)]?.id ?? newId()
    const paid = { settlementId, bankReference: 'SEPA 1', idempotencyKey: newId(), identity: anAdmin('FINANCE') }
    await transact(database, (tx, at) => markSettlementPaid(tx, { ...paid, at }))
  },
} as const satisfies Record<string, Step>

type StepName = keyof typeof STEPS

const A_DISPUTE = { intentRef: 'pi_of_the_test', reason: 'fraudulent', dueBy: null } as const

function note(database: Database, paymentId: string, dispute: IntentDispute): Promise<void> {
  return commit(database, (tx, at) => noteDispute(tx, { paymentId, dispute, at }))
}

/** Makes every attempt that is due, the pause over, at a provider that refuses so many. */
async function pursueAll(database: Database, bookingId: string, refusals: number): Promise<void> {
  const outside = anOutside(database)
  const { sandbox } = outside.providers
  const refusing = { ...outside, providers: { sandbox: refusingRefunds(sandbox, refusals) } }
  await database.pool.query('update refunds set check_at = now() where booking_id = $1', [bookingId])
  for (const { id, paymentId } of await refundsOf(database, bookingId)) {
    if (paymentId !== null) await pursueRefund(refusing, id)
  }
}

const step = fc.record({
  name: fc.constantFrom(...(Object.keys(STEPS) as StepName[])),
  sale: fc.nat(1),
  dice: fc.record({ which: fc.nat(7), much: fc.nat(20_000), kind: fc.nat(7) }),
})
const stories = fc.array(step, { minLength: 10, maxLength: 20, size: 'max' })

/** Two sales, and what happens to them; after each step the books are as they must be. */
async function tell(database: Database, story: readonly { name: StepName; sale: number; dice: Dice }[]): Promise<void> {
  const outside = anOutside(database)
  const partnerId = newId()
  const sales: Sale[] = []
  for (const [amount, commission] of [
    [10_001, 501],
    [7, 3],
  ] as const) {
    // Above the limit of what staff may give back alone, for one of the two.
    const facts = {
      partnerId,
      amount: amount * (amount > 100 ? 100 : 1),
      commission,
      eventId: newId(),
      currency: 'EUR',
    }
    const { id, bookingId, eventId } = await aGoodPayment(outside, facts)
    sales.push({ id, bookingId, eventId, partnerId, captured: facts.amount, commission, currency: facts.currency })
  }
  for (const { name, sale, dice } of story) {
    const chosen = sales[sale]
    if (!chosen) continue
    await STEPS[name]({ database, sales, partnerId }, chosen, dice)
    for (const each of sales) expect([name, await brokenBooks(database, each)]).toEqual([name, []])
  }
}

test(
  'whatever happens to sales in whatever order, every posting, every booking and all of it is zero, and shares are kept',
  async () => {
    const { database } = await testDatabase('payment')
    await watchMachines(database)
    await fc.assert(
      fc.asyncProperty(stories, (story) => tell(database, story)),
      { numRuns: RUNS, endOnFailure: !SOAK },
    )
    const { rows } = await database.pool.query('select currency, sum(amount) from ledger_entries group by currency')
    expect(rows).toEqual([{ currency: 'EUR', sum: '0' }])
    expect((await stepsTaken(database)).wrong).toEqual([])
  },
  SOAK ? 3_600_000 : 120_000,
)

/** Faults that the database does not refuse by itself: each changes what is written to the ledger, and keeps it balanced. */
const FAULTS = {
  'what is owed no longer stays owed': dropping('REFUND_RELEASED'),
  'what the provider paid is not posted': dropping('REFUND_PAID'),
  'what a bank gave back is not posted': dropping('DISPUTE_WON'),
  'the partner bears what the platform should': `
    create function shift() returns trigger language plpgsql as $$ begin
      if new.cause in ('REFUND_OWED', 'REFUND_RELEASED') and new.account = 'PLATFORM_FEE' then
        new.account := 'PROVIDER_FEE';
      end if;
      return new;
    end $$;
    create trigger aa_shift before insert on ledger_entries for each row execute function shift()`,
  'what is owed to partners is not kept': 'alter table ledger_entries disable trigger ledger_entries_keep_payables',
  'a lost dispute leaves the payment as it was': `
    create function forget() returns trigger language plpgsql as $$ begin
      new.lost := old.lost;
      return new;
    end $$;
    create trigger forget before update on payments for each row execute function forget()`,
} as const

function dropping(cause: string): string {
  return `create function lose() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger aa_lose before insert on ledger_entries for each row when (new.cause = '${cause}') execute function lose()`
}

describe('a planted fault comes to light', () => {
  test.each(Object.entries(FAULTS))(
    '%s',
    async (_, fault) => {
      const { database } = await testDatabase('payment')
      await database.pool.query(fault)
      const { failed, errorInstance } = await fc.check(
        fc.asyncProperty(stories, (story) => tell(database, story)),
        { ...SEED, numRuns: FAULT_RUNS, endOnFailure: true },
      )
      expect(failed).toBe(true)
      // Not the database that would not have it, but somebody who saw it.
      expect(errorInstance).toMatchObject({ name: 'AssertionError' })
    },
    SOAK ? 600_000 : 60_000,
  )
})
