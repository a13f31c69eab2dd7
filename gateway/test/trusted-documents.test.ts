import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type RunningGateway, type TestGateway } from './gateway.ts'
import { ids } from './world.ts'

const EVENT = 'query EventTitle($id: ID!) {\n  event(id: $id) {\n    title\n  }\n}'
const MARK = 'mutation {\n  markAllNotificationsRead\n}'
const inEach = (levels: number): string =>
  levels === 0 ? '{ id }' : `{ venue { events(first: 1) { edges { node ${inEach(levels - 1)} } } } }`
const DEEP = `query Shallow { me { id } } query Deep { event(id: "1") ${inEach(3)} }`
const idOf = (text: string) => `sha256:${hash('sha256', text, 'hex')}`

let folder: string
let gateway: TestGateway
let strict: RunningGateway

/** Texts by id, as Relay and the client preset write them. */
function write(name: string, texts: Record<string, string>): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(texts))
  return path
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tikitu-documents-'))
  // The client preset writes ids without a prefix.
  const path = write('web.json', { [hash('sha256', EVENT, 'hex')]: EVENT, [idOf(MARK)]: MARK })
  gateway = await startTestGateway({ TRUSTED_DOCUMENTS: path })
  strict = await gateway.startAnother({ ...gateway.config, trustedDocuments: { path: folder, only: true } })
})
afterAll(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true })
})

async function post(body: object, { url }: RunningGateway = gateway) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

function get(parameters: Record<string, string>) {
  return fetch(`${gateway.url}/graphql?${new URLSearchParams(parameters).toString()}`, {
    headers: { 'x-tikitu-csrf': '1' },
  })
}

const title = { data: { event: { title: 'Concert 1' } } }
const variables = { id: ids.event(1) }
const coded = (code: string) => ({ errors: [{ extensions: { code } }] })

describe('a trusted document', () => {
  it('is executed by its id, by POST and by GET', async () => {
    const documentId = idOf(EVENT)
    expect(await post({ documentId, variables })).toMatchObject({ status: 200, body: title })
    expect(await (await get({ documentId, variables: JSON.stringify(variables) })).json()).toMatchObject(title)
  })

  it('that there is not is NOT_FOUND', async () => {
    for (const documentId of [idOf('{ __typename }'), 'sha256:', '', '__proto__']) {
      expect(await post({ documentId })).toMatchObject({ status: 404, body: coded('NOT_FOUND') })
    }
  })

  it.each([
    ['with a query', { documentId: idOf(EVENT), query: EVENT }],
    ['whose id is no text', { documentId: 5 }],
    ['without an id, and no query either', {}],
  ])('%s is BAD_USER_INPUT', async (_, body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: coded('BAD_USER_INPUT') })
  })

  it('that is a mutation needs a POST', async () => {
    expect((await get({ documentId: idOf(MARK) })).status).toBe(405)
  })

  it('does not keep other documents out, unless the setting says so', async () => {
    expect(await post({ query: '{ __typename }' })).toMatchObject({ status: 200 })
  })
})

describe('where only trusted documents are executed', () => {
  it('they are, by their id or their text', async () => {
    expect(await post({ documentId: idOf(EVENT), variables }, strict)).toMatchObject({ status: 200, body: title })
    expect(await post({ query: EVENT, variables }, strict)).toMatchObject({ status: 200, body: title })
  })

  it('all else is FORBIDDEN, and no service is asked', async () => {
    gateway.subgraphs.forget()
    for (const query of ['{ __typename }', `${EVENT} `, '{', '']) {
      expect(await post({ query }, strict)).toMatchObject({ status: 403, body: coded('FORBIDDEN') })
    }
    expect(gateway.subgraphs.calls).toEqual([])
  })
})

describe('a gateway does not start with trusted documents', () => {
  const start = (path: string) => gateway.startAnother({ ...gateway.config, trustedDocuments: { path, only: false } })

  it.each([
    ['whose id is not the SHA-256 of the text', { [idOf('{ a }')]: EVENT }, 'its id is not the SHA-256 of its text'],
    [
      'that the schema does not allow',
      { [idOf('{ nope }')]: '{ nope }' },
      'Cannot query field "nope" on type "Query".',
    ],
    [
      'that are beyond the limits',
      { [idOf(DEEP)]: DEEP },
      'The document has too many levels of fields: at most 12 are allowed.',
    ],
    ['that are no GraphQL', { [idOf('{')]: '{' }, 'Syntax Error: Expected Name, found <EOF>.'],
  ])('%s', async (_, texts, message) => {
    const path = write('wrong.txt', texts)
    await expect(start(path)).rejects.toThrow(`TRUSTED_DOCUMENTS: ${path}: ${Object.keys(texts)[0]}: ${message}`)
  })

  it('that are no JSON, or not there', async () => {
    const path = join(folder, 'broken.txt')
    writeFileSync(path, '{')
    await expect(start(path)).rejects.toThrow(`TRUSTED_DOCUMENTS: ${path}: expected a JSON object of texts by id`)
    const nowhere = join(folder, 'nope')
    await expect(start(nowhere)).rejects.toThrow('TRUSTED_DOCUMENTS: expected a file or folder that is there')
  })

  it('that are the only ones, and of which there are none', async () => {
    await expect(
      gateway.startAnother({ ...gateway.config, trustedDocuments: { path: undefined, only: true } }),
    ).rejects.toThrow('TRUSTED_DOCUMENTS: ')
  })
})
