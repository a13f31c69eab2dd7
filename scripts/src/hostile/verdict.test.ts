import { describe, expect, it } from 'vitest'
import { problemsOf, type Answer } from './verdict.ts'

const SQL = `'; drop table bookings; --`
const answered = (body: Answer['body'], status = 200): Answer => ({ status, body, milliseconds: 5 })
const error = (code: string, message: string) => answered({ data: null, errors: [{ message, extensions: { code } }] })

describe('an answer to a hostile request', () => {
  it('is sound when it is a result, a refusal or a coded error that repeats what was sent', () => {
    expect(problemsOf(answered({ data: { me: null } }), SQL)).toEqual([])
    expect(problemsOf(answered({ data: { checkout: { message: 'There is no such hold.' } } }), SQL)).toEqual([])
    expect(problemsOf(error('BAD_USER_INPUT', `got invalid value "${SQL}" at "input.id"`), SQL)).toEqual([])
    expect(problemsOf(error('BAD_USER_INPUT', 'cannot represent "a\\u0000b"'), `a${String.fromCharCode(0)}b`)).toEqual(
      [],
    )
  })

  it.each(['INTERNAL', 'UNAVAILABLE', 'TIMEOUT', 'undefined'])('is not when its code is %s', (code) => {
    expect(problemsOf(error(code, 'Something went wrong.'), SQL)).toEqual([`the code ${code}`])
  })

  it.each([
    'invalid input syntax for type uuid: "x"',
    'syntax error at or near "drop"',
    'relation "bookings" does not exist',
    'invalid byte sequence for encoding "UTF8": 0x00',
    'Failed query: select "id" from "users"',
    'duplicate key value violates unique constraint "users_pkey"',
    "Cannot read properties of undefined (reading 'id')",
    'Error at holdSeats (file:///app/services/booking/src/holds/holds.ts:12:3)',
    'Maximum call stack size exceeded',
    'connect ECONNREFUSED 127.0.0.1:3005',
  ])('is not when it tells something internal: %s', (message) => {
    expect(problemsOf(error('BAD_USER_INPUT', message), SQL)).toHaveLength(1)
    expect(problemsOf(answered({ data: { checkout: { message } } }), SQL)).toHaveLength(1)
  })

  it('is not when the server broke, slept, or said nothing', () => {
    expect(problemsOf(answered({ data: { me: null } }, 500), SQL)).toEqual(['HTTP 500'])
    expect(problemsOf({ ...answered({ data: { me: null } }), milliseconds: 31_000 }, SQL)).toEqual(['it took 31 s'])
    expect(problemsOf(answered(undefined), SQL)).toEqual(['it is not JSON'])
    expect(problemsOf(answered({}), SQL)).toEqual(['it has neither data nor errors'])
  })
})
