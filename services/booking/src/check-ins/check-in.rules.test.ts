import { expect, test } from 'vitest'
import {
  reasonAgainst,
  reasonAgainstTicket,
  sentenceFor,
  timeOfScan,
  type CheckInReason,
  type Direction,
  type Door,
  type Shown,
} from './check-in.rules.ts'

const at = new Date('2027-05-01T18:00:00Z')
const later = (minutes: number) => new Date(at.getTime() + minutes * 60_000)
const door: Door = { id: 'tosca', status: 'PUBLISHED', doorsAt: later(-30), endsAt: later(180) }
const ticket: Shown = { eventId: 'tosca', status: 'ACTIVE', codeVersion: 2, inside: false }
const showing = (facts: Partial<Shown> = {}, direction: Direction = 'ENTRY') => ({
  shown: { ...ticket, ...facts },
  codeVersion: 2,
  direction,
})

test('a scan was when its device says, unless that cannot be: then when it was told', () => {
  const facts = { doorsAt: later(-30), keptSince: later(-120), at }
  expect(timeOfScan(later(-100), facts)).toEqual(later(-100))
  expect(timeOfScan(later(1), facts)).toEqual(at)
  expect(timeOfScan(later(-121), facts)).toEqual(at)
  expect(timeOfScan(later(-121), { ...facts, keptSince: null })).toEqual(later(-121))
  expect(timeOfScan(later(-211), { ...facts, keptSince: null })).toEqual(at)
})

test('what is no ticket of ours, or an older code of one, is unknown', () => {
  expect(reasonAgainst({ shown: null, codeVersion: 1, direction: 'ENTRY' }, door, at)).toBe('UNKNOWN')
  expect(reasonAgainst({ ...showing(), codeVersion: 1 }, door, at)).toBe('UNKNOWN')
  expect(reasonAgainst({ ...showing({}, 'EXIT'), codeVersion: 3 }, door, at)).toBe('UNKNOWN')
})

test('what is wrong with the ticket is said before what is wrong with the hour', () => {
  const early = { ...door, doorsAt: later(1) }
  expect(reasonAgainst(showing({ eventId: 'carmen' }), early, at)).toBe('WRONG_EVENT')
  expect(reasonAgainst(showing({ status: 'CANCELLED' }), early, at)).toBe('CANCELLED')
  expect(reasonAgainst(showing(), { ...early, status: 'CANCELLED' }, at)).toBe('CANCELLED')
  expect(reasonAgainst(showing({ status: 'USED', inside: true }), early, at)).toBe('ALREADY_USED')
  expect(reasonAgainst(showing({ status: 'EXPIRED' }), early, at)).toBe('EXPIRED')
})

test('a ticket is good from the opening of the doors until the end', () => {
  expect(reasonAgainst(showing(), { ...door, doorsAt: later(1) }, at)).toBe('NOT_YET')
  expect(reasonAgainst(showing(), { ...door, doorsAt: at }, at)).toBeNull()
  expect(reasonAgainst(showing(), { ...door, endsAt: later(1) }, at)).toBeNull()
  expect(reasonAgainst(showing(), { ...door, endsAt: at }, at)).toBe('EXPIRED')
})

test('who is inside may leave at any time, and who left may come in again until the end', () => {
  const inside = { status: 'USED', inside: true } as const
  expect(reasonAgainst(showing({}, 'EXIT'), door, at)).toBe('NOT_INSIDE')
  expect(reasonAgainst(showing({ ...inside, eventId: 'carmen' }, 'EXIT'), door, at)).toBe('WRONG_EVENT')
  for (const when of [at, later(-60), later(600)]) expect(reasonAgainst(showing(inside, 'EXIT'), door, when)).toBeNull()
  expect(reasonAgainst(showing({ ...inside, status: 'CANCELLED' }, 'EXIT'), door, at)).toBeNull()
  expect(reasonAgainst(showing({ status: 'USED' }), door, at)).toBeNull()
  expect(reasonAgainst(showing({ status: 'USED' }), door, later(180))).toBe('EXPIRED')
})

test('of the ticket itself nothing but being cancelled is held against who came in without network', () => {
  expect(reasonAgainstTicket(showing({ status: 'CANCELLED' }), door)).toBe('CANCELLED')
  expect(reasonAgainstTicket(showing({ status: 'CANCELLED' }, 'EXIT'), door)).toBeNull()
  expect(reasonAgainstTicket(showing({ status: 'EXPIRED' }), door)).toBeNull()
  expect(reasonAgainstTicket(showing({ status: 'USED', inside: true }), door)).toBeNull()
})

test('every reason has a sentence of its own', () => {
  const reasons: CheckInReason[] = [
    'UNKNOWN',
    'WRONG_EVENT',
    'ALREADY_USED',
    'CANCELLED',
    'NOT_YET',
    'EXPIRED',
    'NOT_INSIDE',
  ]
  expect(new Set(reasons.map(sentenceFor)).size).toBe(reasons.length)
})
