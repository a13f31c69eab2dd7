import { fc } from '@tikitu/runtime/testing/properties'
import { expect, it } from 'vitest'
import { rawLists } from './raw.ts'

const key = fc.stringMatching(/^[_A-Za-z]\w{0,8}$/)
const answer = fc.dictionary(
  key,
  fc.array(fc.option(fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 }), { nil: null }), {
    maxLength: 4,
  }),
  { minKeys: 1, maxKeys: 3 },
)
const written = (data: unknown) => JSON.stringify({ data })

/** What the lists say when somebody reads them after all. */
function read(text: string): unknown {
  const lists = rawLists(text)
  if (!lists) return undefined
  const values = [...lists].map(([name, list]) => [
    name,
    list.map(
      (fields) => fields && Object.fromEntries(fields.map(([field, { text: raw }]) => [field, JSON.parse(raw)])),
    ),
  ])
  return { data: Object.fromEntries(values) }
}

it('finds every field of every object as it was written', () => {
  fc.assert(
    fc.property(answer, (data) => {
      expect(read(written(data))).toEqual(JSON.parse(written(data)))
    }),
  )
})

it('knows what is inside of text from what is around it', () => {
  const data = { _entities: [{ a: '"}],"b":[{"c\\', b: { 'x"': ['}', ']', '\\"'] } }, null, {}] }
  expect(read(written(data))).toEqual({ data })
})

it('takes nothing that was cut short', () => {
  fc.assert(
    fc.property(answer, fc.nat(), (data, cut) => {
      const text = written(data)
      expect(rawLists(text.slice(0, cut % text.length))).toBeUndefined()
    }),
  )
})

it.each([
  ['errors', '{"data":{"_entities":[{"a":1}]},"errors":[]}'],
  ['no data', '{"data":null}'],
  ['no list', '{"data":{"_entities":{"a":1}}}'],
  ['no objects', '{"data":{"_entities":[1]}}'],
  ['spaces', '{"data": {"_entities": [{"a": 1}]}}'],
  ['a field without a value', '{"data":{"_entities":[{"a":}]}}'],
  ['something else', '<html>'],
])('leaves an answer with %s to others', (_, text) => {
  expect(rawLists(text)).toBeUndefined()
})
