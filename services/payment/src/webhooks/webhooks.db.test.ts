import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { createLog } from '@tikitu/runtime/log'
import { TEST_IDENTITY_SECRET, testService, waitFor, type TestService } from '@tikitu/runtime/testing'
import { createHmac } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { anOpenPayment, confirmAs } from '../../test/graph.ts'
import { paymentRow, refundsOf, toldOf } from '../../test/read.ts'
import { aSandbox, askSandbox, WEBHOOK_SECRET } from '../../test/sandbox.ts'
import { findDisputes } from '../disputes/following.ts'
import { definePayment } from '../service.ts'

let payment: TestService
const sandbox = aSandbox()

beforeAll(async () => {
  payment = await testService(definePayment({ provider: 'sandbox' }, () => ({ sandbox })))
})

/** What a provider sends about something of this name. */
function told(type: string, object: Record<string, unknown>, id = `evt_${newId()}`): string {
  return JSON.stringify({ id, object: 'event', type, created: 1, data: { object } }, null, 2)
}

const seconds = () => Math.floor(Date.now() / 1_000)

function signatureOf(body: string, at = seconds(), secret = WEBHOOK_SECRET): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

/** The gateway passes on a webhook. Answers with the status. */
async function arrives(body: string, signature: string | undefined = signatureOf(body), provider = 'sandbox') {
  const statement = signIdentity(serviceIdentity('gateway', newId()), TEST_IDENTITY_SECRET)
  const headers = { [IDENTITY_HEADER]: statement, 'content-type': 'application/octet-stream' }
  const { statusCode } = await payment.service.app.inject({
    method: 'POST',
    url: `/webhooks/${provider}`,
    headers: signature === undefined ? headers : { ...headers, 'stripe-signature': signature },
    payload: body,
  })
  return statusCode
}

/** Everything that the service has written, table by table: how many rows. */
async function rows(): Promise<Record<string, number>> {
  const { rows: tables } = await payment.database.pool.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE' and table_name not in ('queue_stats', 'bam', 'job', 'job_common', 'outbox_cursors')`,
  )
  // Of jobs only those that a webhook leads to: every minute one is sent that has nothing to do with it.
  const jobs = await payment.database.pool.query(`select from pgboss.job where name = 'webhook.follow'`)
  const counts: Record<string, number> = { jobs: jobs.rowCount ?? 0 }
  for (const { name } of tables) {
    const { rows: found } = await payment.database.pool.query<{ n: number }>(`select count(*)::int as n from ${name}`)
    counts[name] = found[0]?.n ?? 0
  }
  return counts
}

async function webhooksWritten(eventId: string): Promise<number> {
  const { rows: found } = await payment.database.pool.query('select from payment_log where event_id = $1', [eventId])
  return found.length
}

describe('a webhook is refused, and nothing is written,', () => {
  const genuine = told('payment_intent.succeeded', { id: 'pi_1', object: 'payment_intent' })
  const refused: Record<string, [body: string, signature: string | undefined, status: number]> = {
    'without a signature': [genuine, '', 400],
    'with one that is none': [genuine, 't=1,v1=abc', 400],
    'signed by somebody else': [genuine, signatureOf(genuine, seconds(), 'whsec_of_somebody_else'), 400],
    'signed with nothing': [genuine, signatureOf(genuine, seconds(), ''), 400],
    'signed by another scheme': [genuine, signatureOf(genuine).replace('v1=', 'v0='), 400],
    'changed by one byte': [genuine.replace('pi_1', 'pi_2'), signatureOf(genuine), 400],
    'written anew by somebody who read it': [JSON.stringify(JSON.parse(genuine)), signatureOf(genuine), 400],
    'under a time that was not signed': [
      genuine,
      signatureOf(genuine, seconds() - 400).replace(/t=\d+/, `t=${seconds()}`),
      400,
    ],
    'sent again after more than five minutes': [genuine, signatureOf(genuine, seconds() - 301), 400],
    'from a clock that is far ahead': [genuine, signatureOf(genuine, seconds() + 600), 400],
    'when it is empty': ['', signatureOf(''), 400],
    'when it is too long': [`${genuine}${' '.repeat(65_536)}`, signatureOf(`${genuine}${' '.repeat(65_536)}`), 413],
    'when it is no JSON': ['{"id":', signatureOf('{"id":'), 400],
  }

  test.each(Object.entries(refused))('%s', async (_what, [body, signature, status]) => {
    const before = await rows()
    expect(await arrives(body, signature)).toBe(status)
    expect(await rows()).toEqual(before)
  })

  test('from a provider that there is not', async () => {
    const before = await rows()
    expect(await arrives(genuine, signatureOf(genuine), 'paypal')).toBe(404)
    expect(await arrives(genuine, signatureOf(genuine), 'stripe')).toBe(404)
    expect(await rows()).toEqual(before)
  })

  test('unless the gateway passed it on', async () => {
    const { statusCode } = await payment.service.app.inject({
      method: 'POST',
      url: '/webhooks/sandbox',
      headers: { 'stripe-signature': signatureOf(genuine) },
      payload: genuine,
    })
    expect(statusCode).toBe(401)
  })
})

describe('a webhook that is signed', () => {
  test('is written down once however often it comes, without what is secret in it', async () => {
    const eventId = `evt_${newId()}`
    const body = told(
      'payment_intent.succeeded',
      {
        id: 'pi_unknown',
        object: 'payment_intent',
        client_secret: 'pi_unknown_secret_1',
        note: 'card 4242424242424242',
      },
      eventId,
    )
    for (let time = 0; time < 3; time++) expect(await arrives(body)).toBe(200)
    expect(await arrives(body, signatureOf(body, seconds() - 299))).toBe(200)
    expect(await webhooksWritten(eventId)).toBe(1)
    const { rows: kept } = await payment.database.pool.query<{ body: string }>(
      'select body::text from payment_log where event_id = $1',
      [eventId],
    )
    expect(kept[0]?.body).not.toMatch(/secret_1|4242/)
  })

  test('is believed in nothing but its name: how things stand is asked of the provider', async () => {
    const { id } = await anOpenPayment(payment)
    const { providerRef: ref } = await paymentRow(payment.database, id)
    const eventId = `evt_${newId()}`
    const lie = { id: ref, object: 'payment_intent', status: 'succeeded', amount: 1, metadata: { payment_id: newId() } }
    expect(await arrives(told('payment_intent.succeeded', lie, eventId))).toBe(200)
    await waitFor('the question', async () => {
      const { rows: asked } = await payment.database.pool.query(
        `select from payment_log where payment_id = $1 and operation = 'fetch' and kind = 'ANSWER'`,
        [id],
      )
      return asked.length > 0
    })
    expect(await paymentRow(payment.database, id)).toMatchObject({ status: 'PENDING', captured: 0 })
  })

  test('settles what the buyer did at their bank, also out of order', async () => {
    const { id, buyer, bookingId } = await anOpenPayment(payment)
    expect(await confirmAs(payment, buyer, id, 'tok_3ds_success')).toMatchObject({ status: 'REQUIRES_ACTION' })
    const { providerRef: ref, nextActionUrl } = await paymentRow(payment.database, id)
    await fetch(nextActionUrl ?? '', { method: 'POST', redirect: 'manual' })
    const events = (await askSandbox('GET', 'events', { limit: '100' })).data.filter(
      (event: { data: { object: { id: string } } }) => event.data.object.id === ref,
    )
    // Newest first: success is told before the question that led to it.
    for (const event of events) expect(await arrives(JSON.stringify(event))).toBe(200)
    await waitFor('the money', async () => (await paymentRow(payment.database, id)).status === 'SUCCEEDED')
    for (const event of events) expect(await arrives(JSON.stringify(event))).toBe(200)
    expect(await paymentRow(payment.database, id)).toMatchObject({ status: 'SUCCEEDED', nextActionUrl: null })
    expect(await toldOf(payment.database, bookingId, 'payment.succeeded')).toHaveLength(1)
  })

  test('finds an attempt whose name never reached us', async () => {
    const { id } = await anOpenPayment(payment)
    const { providerRef: ref } = await paymentRow(payment.database, id)
    await payment.database.pool.query('update payments set provider_ref = null, provider_state = null where id = $1', [
      id,
    ])
    await sandbox.confirmIntent(ref ?? '', 'tok_success')
    expect(await arrives(told('payment_intent.succeeded', { id: ref, object: 'payment_intent' }))).toBe(200)
    await waitFor('the money', async () => (await paymentRow(payment.database, id)).status === 'SUCCEEDED')
  })

  test('finds out money that was taken after all', async () => {
    const { id, buyer, bookingId } = await anOpenPayment(payment)
    expect(await confirmAs(payment, buyer, id, 'tok_declined')).toMatchObject({ status: 'FAILED' })
    const { providerRef: ref } = await paymentRow(payment.database, id)
    await askSandbox('POST', `test_helpers/payment_intents/${ref}/take`)
    expect(await arrives(told('payment_intent.succeeded', { id: ref, object: 'payment_intent' }))).toBe(200)
    await waitFor('the money', async () => (await paymentRow(payment.database, id)).status === 'SUCCEEDED')
    expect(await refundsOf(payment.database, bookingId)).toEqual([])
  })

  test('tells of a dispute', async () => {
    const { id, buyer } = await anOpenPayment(payment)
    expect(await confirmAs(payment, buyer, id)).toMatchObject({ status: 'SUCCEEDED' })
    const { providerRef: ref } = await paymentRow(payment.database, id)
    const dispute = await askSandbox('POST', `test_helpers/payment_intents/${ref}/dispute`)
    expect(await arrives(told('charge.dispute.created', { id: dispute.id, object: 'dispute' }))).toBe(200)
    await waitFor('the dispute', async () => (await paymentRow(payment.database, id)).status === 'DISPUTED')
  })

  test('that never comes is not needed: disputes and their ends are found', async () => {
    const { id, buyer, bookingId } = await anOpenPayment(payment)
    expect(await confirmAs(payment, buyer, id)).toMatchObject({ status: 'SUCCEEDED' })
    const { providerRef: ref } = await paymentRow(payment.database, id)
    const dispute = await askSandbox('POST', `test_helpers/payment_intents/${ref}/dispute`)
    const find = (days: number, log = createLog('payment', 'silent')) =>
      findDisputes({ database: payment.database, providers: { sandbox }, log }, { at: new Date(), days })
    await find(-1)
    expect(await paymentRow(payment.database, id)).toMatchObject({ status: 'SUCCEEDED' })
    await find(1)
    expect(await paymentRow(payment.database, id)).toMatchObject({ status: 'DISPUTED', contested: 10_000 })
    await askSandbox('POST', `disputes/${dispute.id}`, { 'evidence[uncategorized_text]': 'winning_evidence' })
    await find(1)
    await find(1)
    expect(await paymentRow(payment.database, id)).toMatchObject({ status: 'WON', contested: 0 })
    expect(await toldOf(payment.database, bookingId, 'payment.dispute_closed')).toMatchObject([{ outcome: 'WON' }])
  })
})
