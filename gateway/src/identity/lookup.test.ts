import { createServer, type ServerResponse } from 'node:http'
import { createLog } from '@tikitu/runtime/log'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { questionOf } from './ask-service.ts'
import { lookup, type Lookup } from './lookup.ts'

/** Who waits for an answer of the service, in the order in which they asked. */
const asked: ServerResponse[] = []
const server = createServer((_request, response) => void asked.push(response))
let url = ''
beforeAll(async () => {
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  url = `http://127.0.0.1:${address.port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

let ada: Lookup<string>
beforeEach(() => {
  asked.splice(0)
  ada = lookup({
    url,
    shape: z.string(),
    identitySecret: 'a secret that only this test knows, of enough bytes',
    cacheMilliseconds: 60_000,
    timeoutMilliseconds: 5_000,
    failuresMax: 5,
    restMilliseconds: 1_000,
    log: createLog('gateway', 'silent'),
  })
})

const ask = (subject = 'ada') => ada.ask(questionOf({ subject }), 'request')
const answer = async (index: number, known: string) => {
  await expect.poll(() => asked.length).toBeGreaterThan(index)
  asked[index]!.end(JSON.stringify(known))
}

it('what was said is believed, until it is to be forgotten', async () => {
  const first = ask()
  await answer(0, 'open')
  expect(await first).toEqual({ known: 'open' })
  expect(await ask()).toEqual({ known: 'open' })
  ada.forget(new Set(['bob']))
  expect(await ask()).toEqual({ known: 'open' })
  expect(asked).toHaveLength(1)
  ada.forget(new Set(['ada']))
  const second = ask()
  await answer(1, 'closed')
  expect(await second).toEqual({ known: 'closed' })
})

it('what was asked before something changed is not believed after it', async () => {
  const before = ask()
  await expect.poll(() => asked).toHaveLength(1)
  ada.forget(new Set(['ada']))
  const after = ask()
  await answer(1, 'closed')
  expect(await after).toEqual({ known: 'closed' })
  await answer(0, 'open')
  expect(await before).toEqual({ known: 'open' })
  expect(await ask()).toEqual({ known: 'closed' })
  expect(asked).toHaveLength(2)
})

it('many who ask at once ask once', async () => {
  const all = Promise.all([ask(), ask(), ask()])
  await answer(0, 'open')
  expect(await all).toEqual([{ known: 'open' }, { known: 'open' }, { known: 'open' }])
  expect(asked).toHaveLength(1)
})
