import type { Database } from '@tikitu/runtime/database'
import { waitFor } from '@tikitu/runtime/testing'
import { expect } from 'vitest'
import { faultsOf } from '../test/fault.ts'
import {
  aHolder,
  aTicketHolder,
  becomes,
  cancels,
  confirms,
  moneyOf,
  pays,
  runsOut,
  standingOf,
} from '../test/purchase.ts'
import { reconcileNow } from '../test/system.ts'
import { arrive, showsUpAtTheBank, webhooksOf } from '../test/webhooks.ts'

/** No time of an event or a deadline in a test is so far away, so that one that is was written by a wrong clock. */
const SKEW_HOURS = 31
const SKEW_MILLISECONDS = SKEW_HOURS * 3_600_000

// Three instances of each service, which take the requests in turn and share jobs, timers and events as luck has it.
const { fault } = faultsOf({ clocks: [SKEW_MILLISECONDS, -SKEW_MILLISECONDS, 0] })

fault(26, async (system) => {
  for (let round = 0; round < 2; round++) {
    const paid = await aTicketHolder(system)
    expect(await standingOf(system, paid)).toEqual({ status: 'CONFIRMED', late: false, tickets: 2 })

    const atTheBank = await aHolder(system)
    await confirms(system, atTheBank, await pays(system, atTheBank), 'tok_3ds_success')
    await showsUpAtTheBank(system, atTheBank)
    const webhooks = await webhooksOf(system, atTheBank)
    expect(await arrive(system, webhooks)).toEqual(webhooks.map(() => 200))
    await becomes(system, atTheBank, 'CONFIRMED')
    await cancels(system, atTheBank)
    await becomes(system, atTheBank, 'CANCELLED')

    const unpaid = await aHolder(system)
    const unpaidId = await pays(system, unpaid)
    await reconcileNow(system)
    expect(await standingOf(system, unpaid)).toMatchObject({ status: 'PENDING' })
    await runsOut(system, unpaid)
    await becomes(system, unpaid, 'EXPIRED')
    await waitFor(
      'the attempt to be ended',
      async () => (await moneyOf(system, unpaid))?.attempts.includes('CANCELLED') ?? false,
    )
    expect(await confirms(system, unpaid, unpaidId)).toMatchObject({ __typename: 'PaymentNotOpen' })
  }
  for (const { database } of [system.booking, system.payment]) expect(await wronglyDated(database)).toEqual([])
})

/** Columns in which a time stands that only an instance with a wrong clock can have written. */
async function wronglyDated({ pool }: Database): Promise<string[]> {
  const { rows: columns } = await pool.query<{ name: string; column: string }>(
    `select format('%I.%I', table_schema, table_name) as name, quote_ident(column_name) as column
       from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where data_type = 'timestamp with time zone' and table_type = 'BASE TABLE'
        and table_schema not in ('pg_catalog', 'information_schema', 'drizzle')`,
  )
  const found: string[] = []
  for (const { name, column } of columns) {
    const { rows } = await pool.query(
      `select from ${name}
        where abs(extract(epoch from ${column} - now())) between $1::int * 3600 - 1800 and $1::int * 3600 + 1800 limit 1`,
      [SKEW_HOURS],
    )
    if (rows.length > 0) found.push(`${name}.${column}`)
  }
  expect(columns.length).toBeGreaterThan(10)
  return found
}
