import { GraphQLError } from 'graphql'
import { describe, expect, it, vi } from 'vitest'
import { badInput, Fault } from '../fault.ts'
import { createLog } from '../log.ts'
import { faultOf, httpStatus, publicErrors } from './errors.ts'

const log = createLog('test', 'silent')
const thrownBy = (cause: Error) => new GraphQLError(cause.message, { path: ['checkout'], originalError: cause })
const publicly = (error: Error) => publicErrors([error], 'request-1', log)[0]

describe('an error on its way to the client', () => {
  it('keeps what was written for them, with code, path and request id', () => {
    expect(publicly(thrownBy(badInput('input.email', 'must be an e-mail address')))).toEqual({
      message: 'input.email: must be an e-mail address',
      path: ['checkout'],
      extensions: { code: 'BAD_USER_INPUT', field: 'input.email', requestId: 'request-1' },
    })
  })

  it('keeps nothing of what was not', () => {
    const secret = new Error('password authentication failed for user "tikitu_booking"')
    const leaving = JSON.stringify(publicly(thrownBy(secret)))
    expect(leaving).toContain('INTERNAL')
    expect(leaving).not.toMatch(/password|tikitu/)
  })

  it('is logged once, at however many places it is told', () => {
    const error = vi.spyOn(log, 'error')
    const down = new Fault('UNAVAILABLE', 'down')
    expect(
      publicErrors([thrownBy(down), thrownBy(down), thrownBy(new Fault('INTERNAL', 'other'))], 'request-1', log),
    ).toHaveLength(3)
    expect(error).toHaveBeenCalledTimes(2)
    error.mockRestore()
  })

  it('says that GraphQL itself could not read the document', () => {
    expect(publicly(new GraphQLError('Syntax Error: Unexpected "}".'))).toMatchObject({
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })

  it('is told by both of its ends when it is long', () => {
    const told = publicly(new GraphQLError(`Variable "$x" got ${'a value '.repeat(50_000)}that is none.`))?.message
    expect(told).toMatch(/^Variable "\$x" got a value .* … .*that is none\.$/)
    expect(told?.length).toBeLessThan(1_100)
    expect(publicly(new GraphQLError('y'.repeat(1_000)))?.message).toBe('y'.repeat(1_000))
  })

  it('tells a database that is down from one that is slow, however deep the driver’s error is wrapped', () => {
    const wrapped = (code: string) => new Error('Failed query', { cause: Object.assign(new Error('driver'), { code }) })
    expect(faultOf(wrapped('ECONNREFUSED')).code).toBe('UNAVAILABLE')
    expect(faultOf(wrapped('57P01')).code).toBe('UNAVAILABLE')
    expect(faultOf(wrapped('57014')).code).toBe('TIMEOUT')
    expect(faultOf(wrapped('23505')).code).toBe('INTERNAL')
  })

  it('has the status of the fault only when GraphQL did not run', () => {
    expect(httpStatus([thrownBy(new Fault('FORBIDDEN', 'no'))])).toBe(200)
    expect(httpStatus([new Fault('UNAUTHENTICATED', 'no')])).toBe(401)
    expect(httpStatus([new GraphQLError('Syntax Error')])).toBe(400)
  })
})
