import { Fault } from '@tikitu/runtime/fault'
import { describe, expect, it } from 'vitest'
import { subgraphError, subgraphUnreachable } from './subgraph-error.ts'

const told = (entry: unknown, path?: (string | number)[]) => {
  const { message, originalError } = subgraphError(entry, path)
  return {
    message,
    ...(originalError instanceof Fault ? { code: originalError.code, details: originalError.details } : {}),
  }
}

describe('what a subgraph said', () => {
  it('keeps its code, message and facts, and not its request id', () => {
    const extensions = { code: 'BAD_USER_INPUT', field: 'input.email', requestId: 'another' }
    expect(told({ message: 'input.email: must be', path: ['a'], extensions })).toEqual({
      message: 'input.email: must be',
      code: 'BAD_USER_INPUT',
      details: { field: 'input.email' },
    })
  })

  it.each([
    ['has no code', { message: 'secret', path: ['a'] }],
    ['has a code that is none of ours', { message: 'secret', path: ['a'], extensions: { code: 'E_SECRET' } }],
    ['is no error', 'secret'],
    ['is about our document', { message: 'secret', extensions: { code: 'BAD_USER_INPUT' } }],
    ['is about our signature', { message: 'secret', extensions: { code: 'UNAUTHENTICATED' } }],
  ])('is INTERNAL when it %s', (_, entry) => {
    expect(told(entry)).toMatchObject({ code: 'INTERNAL', message: expect.not.stringContaining('secret') })
  })

  it('is believed without a place when it is about the subgraph itself', () => {
    expect(told({ message: 'Later, please.', extensions: { code: 'UNAVAILABLE' } })).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'Later, please.',
    })
  })
})

describe('a subgraph that said nothing', () => {
  it('is UNAVAILABLE, or TIMEOUT when it had its time, and its address is not told', () => {
    const refused = subgraphUnreachable(new Error('connect ECONNREFUSED 10.0.0.7:3001'), ['a', 0])
    expect(refused.originalError).toMatchObject({ code: 'UNAVAILABLE' })
    expect(refused.message).not.toContain('10.0.0.7')
    expect(refused.path).toEqual(['a', 0])
    const late = Object.assign(new Error('late'), { name: 'HeadersTimeoutError' })
    expect(subgraphUnreachable(late, undefined).originalError).toMatchObject({ code: 'TIMEOUT' })
  })
})
