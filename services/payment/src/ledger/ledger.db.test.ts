import { sqlState, violatedConstraint, type Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { aGoodPayment, anOutside, commit } from '../../test/build.ts'
import { balances, paymentRow } from '../../test/read.ts'
import { insertLedgerLines, type LedgerLine } from './ledger.sql.ts'
import { postCapture } from './ledger.ts'

let database: Database
let payment: { id: string; partnerId: string; currency: string; captured: number }

beforeAll(async () => {
  ;({ database } = await testDatabase('payment'))
  const { id } = await aGoodPayment(anOutside(database))
  payment = await paymentRow(database, id)
})

/** What the database says about these entries of one transaction. */
async function post(entries: readonly (Pick<LedgerLine, 'account' | 'amount'> & Partial<LedgerLine>)[]) {
  const common = {
    transactionKey: `CAPTURE:${newId()}`,
    cause: 'CAPTURE' as const,
    currency: 'EUR',
    paymentId: payment.id,
    partnerId: payment.partnerId,
    postedAt: new Date(),
  }
  const lines = entries.map((entry) => ({ ...common, ...entry }))
  return failureOf(commit(database, (tx) => insertLedgerLines(tx, lines)))
}

function failureOf(work: Promise<unknown>): Promise<string | null> {
  return work.then(
    () => null,
    (error: unknown) => violatedConstraint(error) ?? sqlState(error) ?? String(error),
  )
}

describe('the ledger refuses', () => {
  test('entries that do not sum to zero', async () => {
    expect(
      await post([
        { account: 'BUYER', amount: -100 },
        { account: 'PARTNER_PAYABLE', amount: 99 },
      ]),
    ).toBe('ledger_entries_balance')
    expect(await post([{ account: 'BUYER', amount: -100 }])).toBe('ledger_entries_balance')
  })

  test('entries in two currencies, though their numbers sum to zero', async () => {
    expect(
      await post([
        { account: 'BUYER', amount: -100 },
        { account: 'PARTNER_PAYABLE', amount: 100, currency: 'USD' },
      ]),
    ).toBe('ledger_entries_money_of_the_payment')
  })

  test('a posting that was made before', async () => {
    const again = commit(database, (tx, at) => postCapture(tx, { ...payment, commission: 500 }, at))
    expect(await failureOf(again)).toBe('ledger_entries_posted_once')
    expect(await balances(database, payment.id)).toMatchObject({ BUYER: -10_000 })
  })

  test('an entry of nothing, and an account that does not exist', async () => {
    expect(await post([{ account: 'BUYER', amount: 0 }])).toBe('ledger_entries_amount')
    const unknown = database.pool.query(
      `insert into ledger_entries (transaction_key, cause, account, amount, currency, payment_id, partner_id, posted_at)
       values ('x', 'CAPTURE', 'POCKET', 1, 'EUR', $1, $2, now())`,
      [payment.id, payment.partnerId],
    )
    expect(await failureOf(unknown)).toBe('ledger_entries_account')
  })
})

describe.each(['ledger_entries', 'payment_log'])('%s', (table) => {
  test.each([
    `update ${table} set payment_id = payment_id`,
    `delete from ${table}`,
    `truncate ${table}`,
    `merge into ${table} using (select 1) as one on true when matched then delete`,
  ])('cannot be changed by the service: %s', async (statement) => {
    const counted = async () => (await database.pool.query(`select count(*)::int as n from ${table}`)).rows[0]?.n
    const before: unknown = await counted()
    expect(before).toBeGreaterThan(0)
    expect(await failureOf(database.pool.query(statement))).toBe('42501')
    expect(await counted()).toBe(before)
  })

  test('has neither the right nor, had it, the possibility to be changed', async () => {
    const { rows } = await database.orm.execute<{ allowed: boolean }>(
      sql`select bool_or(has_table_privilege(${table}, kind)) as allowed from unnest(array['update', 'delete', 'truncate']) as kind`,
    )
    expect(rows[0]?.allowed).toBe(false)

    await database.pool.query(`grant update, delete, truncate on ${table} to current_user`)
    try {
      for (const statement of [
        `update ${table} set payment_id = payment_id`,
        `delete from ${table}`,
        `truncate ${table}`,
      ]) {
        await expect(database.pool.query(statement)).rejects.toThrow(`${table} is append-only`)
      }
    } finally {
      await database.pool.query(`revoke update, delete, truncate on ${table} from current_user`)
    }
  })
})
