import { expect, it } from 'vitest'
import { findPgbench, HOW_TO_GET_PGBENCH } from './pgbench.ts'

it('where pgbench is not, people are told how to get it', () => {
  expect(HOW_TO_GET_PGBENCH).toContain('apt-get install postgresql-contrib')
  expect(findPgbench({ debian: '/nowhere', path: '' })).toBeUndefined()
})
