import { describe, expect, it } from 'vitest'
import { humanLine } from './log-line.ts'

const line = (record: object) => humanLine(JSON.stringify(record), 'stdout')

describe('a log line for people', () => {
  it('has level, message and facts, and leaves out what every line has', () => {
    const record = { level: 40, time: 1, pid: 2, service: 'booking', seatIds: ['A1'], reqId: 'r1', msg: 'seats taken' }
    expect(line(record)).toEqual({ level: 40, text: 'warn: seats taken seatIds=["A1"] reqId=r1' })
  })

  it('has the stack of an error', () => {
    const record = { level: 50, msg: 'it broke', err: { type: 'Error', message: 'no', stack: 'Error: no\n    at x' } }
    expect(line(record)).toEqual({ level: 50, text: 'error: it broke\nError: no\n    at x' })
  })

  it.each(['plain words', '{not json', '[1]', '{"level":"high"}'])('is %s as it came when it is no record', (text) => {
    expect(humanLine(text, 'stdout')).toEqual({ level: 30, text })
    expect(humanLine(text, 'stderr')).toEqual({ level: 40, text })
  })
})
