import { expect, test } from 'vitest'
import { reasonAgainst, sentenceFor, type CheckInReason, type Door, type Shown } from './check-in.rules.ts'

const at = new Date('2027-05-01T18:00:00Z')
const later = (minutes: number) => new Date(at.getTime() + minutes * 60_000)
const door: Door = { id: 'tosca', status: 'PUBLISHED', doorsAt: later(-30), endsAt: later(180) }
const shown: Shown = { eventId: 'tosca', status: 'ACTIVE', codeVersion: 2 }

test('what is no ticket of ours, or an older code of one, is unknown', () => {
  expect(reasonAgainst(null, 1, door, at)).toBe('UNKNOWN')
  expect(reasonAgainst(shown, 1, door, at)).toBe('UNKNOWN')
  expect(reasonAgainst(shown, 3, door, at)).toBe('UNKNOWN')
})

test('what is wrong with the ticket is said before what is wrong with the hour', () => {
  const early = { ...door, doorsAt: later(1) }
  expect(reasonAgainst({ ...shown, eventId: 'carmen' }, 2, early, at)).toBe('WRONG_EVENT')
  expect(reasonAgainst({ ...shown, status: 'CANCELLED' }, 2, early, at)).toBe('CANCELLED')
  expect(reasonAgainst(shown, 2, { ...early, status: 'CANCELLED' }, at)).toBe('CANCELLED')
  expect(reasonAgainst({ ...shown, status: 'USED' }, 2, early, at)).toBe('ALREADY_USED')
  expect(reasonAgainst({ ...shown, status: 'EXPIRED' }, 2, early, at)).toBe('EXPIRED')
})

test('a ticket is good from the opening of the doors until the end', () => {
  expect(reasonAgainst(shown, 2, { ...door, doorsAt: later(1) }, at)).toBe('NOT_YET')
  expect(reasonAgainst(shown, 2, { ...door, doorsAt: at }, at)).toBeNull()
  expect(reasonAgainst(shown, 2, { ...door, endsAt: later(1) }, at)).toBeNull()
  expect(reasonAgainst(shown, 2, { ...door, endsAt: at }, at)).toBe('EXPIRED')
})

test('every reason has a sentence of its own', () => {
  const reasons: CheckInReason[] = ['UNKNOWN', 'WRONG_EVENT', 'ALREADY_USED', 'CANCELLED', 'NOT_YET', 'EXPIRED']
  expect(new Set(reasons.map(sentenceFor)).size).toBe(reasons.length)
})
