import { expect, it } from 'vitest'
import { compileRewrites } from './rewrite.ts'

it('a key that the planner renamed gets its name back, in lists and only for its type', () => {
  const rewrite = compileRewrites([
    { KeyRenamer: { path: [{ Key: 'pets' }, { TypenameEquals: ['Cat'] }, { Key: 'name_1' }], renameKeyTo: 'name' } },
  ])
  const data = {
    pets: [
      { __typename: 'Cat', name_1: 'Tom' },
      { __typename: 'Dog', name_1: 'Rex' },
    ],
  }
  rewrite(data)
  expect(data).toEqual({
    pets: [
      { __typename: 'Cat', name: 'Tom' },
      { __typename: 'Dog', name_1: 'Rex' },
    ],
  })
})

it('a value that the planner sets is set', () => {
  const data = { pet: { __typename: 'Cat' } }
  compileRewrites([{ kind: 'ValueSetter', path: [{ Key: 'pet' }, { Key: '__typename' }], setValueTo: 'Pet' }])(data)
  expect(data).toEqual({ pet: { __typename: 'Pet' } })
})
