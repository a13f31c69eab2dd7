import { createHmac } from 'node:crypto'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePortBase } from '../ports.ts'
import { startSandbox, type Sandbox } from './sandbox.ts'

const apiKey = 'sk_test_0123456789abcdef'
const secret = 'whsec_0123456789abcdef'

let sandbox: Sandbox
let endpoint: Server
/** What the endpoint was told, oldest first. */
const heard: { body: string; signature: string; about: string; type: string }[] = []
/** How many of the next deliveries the endpoint does not take. */
let refusals = 0

beforeAll(async () => {
  endpoint = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      refusals -= 1
      if (refusals >= 0) return response.writeHead(500).end()
      const event = JSON.parse(body) as { type: string; data: { object: { id: string } } }
      const signature = String(request.headers['stripe-signature'])
      heard.push({ body, signature, about: event.data.object.id, type: event.type })
      return response.writeHead(200).end()
    })
  }).listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/webhooks`
  sandbox = await startSandbox({ file: ':memory:', port: 0, apiKey, webhooks: { url, secret }, lateMilliseconds: 300 })
})

afterAll(async () => {
  await sandbox.stop()
  endpoint.close()
})

interface Asked {
  origin?: string
  key?: string
  headers?: Record<string, string>
}

async function ask(method: 'GET' | 'POST', path: string, form: string, { origin, key, headers }: Asked = {}) {
  const response = await fetch(`${origin ?? sandbox.origin}/v1/${path}${method === 'GET' && form ? `?${form}` : ''}`, {
    method,
    headers: {
      authorization: `Bearer ${key ?? apiKey}`,
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    ...(method === 'POST' ? { body: form } : {}),
  })
  return {
    status: response.status,
    replayed: response.headers.get('idempotent-replayed'),
    // oxlint-disable-next-line typescript/no-explicit-any -- the shape of an answer is what the test is about
    body: (await response.json()) as any,
  }
}

const anIntent = async () => String((await ask('POST', 'payment_intents', 'amount=1000&currency=eur')).body.id)

describe('a request is refused as Stripe does it', () => {
  it.each([
    ['without a key', 'amount=1&currency=eur', { key: ' ' }, 401, {}],
    ['with another key', 'amount=1&currency=eur', { key: 'sk_test_another' }, 401, {}],
    [
      'with a parameter that there is not',
      'amount=1&currency=eur&colour=red',
      {},
      400,
      { code: 'parameter_unknown', param: 'colour' },
    ],
    ['without one that there must be', 'currency=eur', {}, 400, { code: 'parameter_missing', param: 'amount' }],
    [
      'with an amount that is no number',
      'amount=1.5&currency=eur',
      {},
      400,
      { code: 'parameter_invalid_integer', param: 'amount' },
    ],
    [
      'with an amount of nothing',
      'amount=0&currency=eur',
      {},
      400,
      { code: 'parameter_invalid_integer', param: 'amount' },
    ],
    [
      'with a choice that there is not',
      'amount=1&currency=eur&capture_method=later',
      {},
      400,
      { param: 'capture_method' },
    ],
    [
      'with a method that there is not',
      'amount=1&currency=eur&payment_method_types[0]=gold',
      {},
      400,
      { param: 'payment_method_types[0]' },
    ],
    ['with a currency that there is not', 'amount=1&currency=e1r', {}, 400, { param: 'currency' }],
    ['with names that reach too far', '__proto__[x]=1&amount=1&currency=eur', {}, 400, { param: '__proto__' }],
    ['as JSON', '{"amount":1}', { headers: { 'content-type': 'application/json' } }, 400, {}],
  ])('%s', async (_what, form, asked, status, facts) => {
    const answer = await ask('POST', 'payment_intents', form, asked)
    expect(answer).toMatchObject({ status, body: { error: { type: 'invalid_request_error', ...facts } } })
  })

  it('when there is no such thing', async () => {
    expect(await ask('GET', 'payment_intents/pi_1', '')).toMatchObject({
      status: 404,
      body: { error: { code: 'resource_missing' } },
    })
    expect(await ask('GET', 'customers', '')).toMatchObject({ status: 404 })
    expect(await ask('POST', `payment_intents/${await anIntent()}/confirm`, 'payment_method=pm_gold')).toMatchObject({
      status: 404,
    })
  })
})

describe('an idempotency key', () => {
  const headers = { 'idempotency-key': 'key 1' }
  const create = (form: string) => ask('POST', 'payment_intents', form, { headers })

  it('gives the first answer again, and is refused for anything else', async () => {
    expect(await create('amount=x&currency=eur')).toMatchObject({ status: 400, replayed: null })
    const first = await create('amount=5&currency=eur')
    expect(first).toMatchObject({ status: 200, replayed: null })
    expect(await create('amount=5&currency=eur')).toEqual({ ...first, replayed: 'true' })
    expect(await create('amount=6&currency=eur')).toMatchObject({
      status: 400,
      body: { error: { type: 'idempotency_error' } },
    })
  })
})

describe('a list', () => {
  it('is read page by page, newest first', async () => {
    const ids = [await anIntent(), await anIntent(), await anIntent()].toReversed()
    const first = await ask('GET', 'payment_intents', 'limit=2')
    expect(first.body).toMatchObject({ object: 'list', has_more: true, data: [{ id: ids[0] }, { id: ids[1] }] })
    const second = await ask('GET', 'payment_intents', `limit=1&starting_after=${ids[1]}`)
    expect(second.body.data).toMatchObject([{ id: ids[2] }])
    expect((await ask('GET', 'payment_intents', 'created[lt]=1000')).body.data).toEqual([])
  })
})

describe('a webhook', () => {
  const pay = async (paymentMethod: string) => {
    const id = await anIntent()
    await ask('POST', `payment_intents/${id}/confirm`, `payment_method=${paymentMethod}`)
    return id
  }
  const about = (id: string) => heard.filter((event) => event.about === id).map(({ type }) => type)
  const [processing, succeeded] = ['payment_intent.processing', 'payment_intent.succeeded']

  it('is signed over its bytes, and sent again until it is taken', async () => {
    refusals = 1
    const id = await pay('pm_card_visa')
    await expect.poll(() => about(id)).toEqual([succeeded])
    const { body, signature } = heard.find((event) => event.about === id) ?? expect.fail('not heard')
    const [, t, v1] = /^t=(\d+),v1=(\w+)$/.exec(signature) ?? []
    expect(v1).toBe(createHmac('sha256', secret).update(`${t}.${body}`).digest('hex'))
  })

  it.each([
    ['pm_card_webhookDoubled', [processing, processing, succeeded, succeeded]],
    ['pm_card_webhooksReordered', [succeeded, processing]],
    ['pm_card_webhookDelayed', [processing, succeeded]],
  ])('of %s arrives so', async (paymentMethod, types) => {
    const id = await pay(paymentMethod)
    await expect.poll(() => about(id)).toHaveLength(types.length)
    expect(paymentMethod.endsWith('Delayed') ? about(id).toSorted() : about(id)).toEqual(types)
  })

  it('of pm_card_webhookLost never arrives', async () => {
    const lost = await pay('pm_card_webhookLost')
    const told = await pay('pm_card_webhookDelayed')
    await expect.poll(() => about(told)).toHaveLength(2)
    expect(about(lost)).toEqual([])
    expect((await ask('GET', `payment_intents/${lost}`, '')).body.status).toBe('succeeded')
  })
})

describe('what it has answered', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tikitu-sandbox-'))
  afterAll(() => rmSync(dataDir, { recursive: true }))

  it('survives that its process is killed', async () => {
    const portBase = await freePortBase()
    const origin = `http://127.0.0.1:${portBase + 14}`
    const env = {
      PORT_BASE: String(portBase),
      DATA_DIR: dataDir,
      SANDBOX_SECRET_KEY: apiKey,
      SANDBOX_WEBHOOK_SECRET: secret,
    }
    const start = async () => {
      const child = fork(join(import.meta.dirname, 'main.ts'), [], { env: { ...process.env, ...env }, execArgv: [] })
      await once(child, 'message')
      return child
    }
    const first = await start()
    const { body } = await ask('POST', 'payment_intents', 'amount=1000&currency=eur', { origin })
    await ask('POST', `payment_intents/${body.id}/confirm`, 'payment_method=pm_card_visa', { origin })
    first.kill('SIGKILL')
    await once(first, 'exit')
    const second = await start()
    expect((await ask('GET', `payment_intents/${body.id}`, '', { origin })).body).toMatchObject({
      status: 'succeeded',
      amount_received: 1_000,
    })
    second.kill('SIGTERM')
    await once(second, 'exit')
  })
})
