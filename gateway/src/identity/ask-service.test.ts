import { createServer, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { askingTogether, questionOf, type AskService } from './ask-service.ts'

/** What the service was asked, and who waits for the answer. */
const asked: { readonly questions: readonly string[]; readonly response: ServerResponse }[] = []
const body = z.object({ questions: z.array(z.object({ subject: z.string() })) })
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const subject = new URL(request.url ?? '', 'http://localhost').searchParams.get('subject')
    const text = Buffer.concat(chunks).toString()
    const questions = subject === null ? body.parse(JSON.parse(text)).questions.map((one) => one.subject) : [subject]
    asked.push({ questions, response })
  })
})
let ask: (subject: string) => ReturnType<AskService<string>>
beforeAll(async () => {
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  asked.splice(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const service = askingTogether({
    url: `http://127.0.0.1:${address.port}`,
    shape: z.string(),
    identitySecret: 'a secret that only this test knows, of enough bytes',
    timeoutMilliseconds: 5_000,
  })
  ask = (subject) => service(questionOf({ subject }), 'request')
})

const request = async (index: number) => {
  await expect.poll(() => asked.length).toBeGreaterThan(index)
  return asked[index]!
}
/** Two are under way, and what comes now waits. */
const busy = async () => {
  const answers = [ask('ada'), ask('bob')]
  await request(1)
  return {
    end: async () => {
      for (const { response, questions } of asked.slice(0, 2)) response.end(JSON.stringify(`user ${questions[0]}`))
      expect(await Promise.all(answers)).toEqual([{ known: 'user ada' }, { known: 'user bob' }])
    },
  }
}

it('asks alone while little is under way', async () => {
  const { end } = await busy()
  expect(asked.map(({ questions }) => questions)).toEqual([['ada'], ['bob']])
  await end()
})

it('asks together about those who came meanwhile, and gives everybody their own answer', async () => {
  const { end } = await busy()
  const answers = ['eve', 'sam', 'kim'].map(ask)
  await end()
  const { questions, response } = await request(2)
  expect(questions).toEqual(['eve', 'sam', 'kim'])
  response.end(JSON.stringify({ principals: ['user eve', null, 'user kim'] }))
  expect(await Promise.all(answers)).toEqual([{ known: 'user eve' }, 'unknown', { known: 'user kim' }])
})

it.each([
  ['a status that is none of an answer', 500, '{}'],
  ['an answer to fewer than were asked about', 200, '{"principals":["user eve"]}'],
  ['nonsense', 200, '{"principals":[1,2]}'],
])('fails for all of them after %s, and goes on', async (_, status, text) => {
  const { end } = await busy()
  const answers = Promise.allSettled(['eve', 'sam'].map(ask))
  await end()
  ;(await request(2)).response.writeHead(status).end(text)
  expect((await answers).map((settled) => settled.status)).toEqual(['rejected', 'rejected'])
  const next = ask('kim')
  ;(await request(3)).response.end('"user kim"')
  expect(await next).toEqual({ known: 'user kim' })
})
