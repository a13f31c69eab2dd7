import { existsSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { openFaces, type FaceSet } from './faces.ts'
import { qrSquares, qrSvg } from './qr.ts'
import { linesOf, ticketsPdf, type PrintedTicket } from './ticket-pdf.ts'
import { printable, typeset } from './typeset.ts'
import { unpackWoff } from './woff.ts'

const ticket: PrintedTicket = {
  title: 'Tosca',
  startsAt: new Date('2027-05-01T18:30:00Z'),
  doorsAt: new Date('2027-05-01T17:30:00Z'),
  timezone: 'Europe/London',
  venueName: 'The Round House',
  city: 'London',
  ticketType: 'Stalls',
  seat: { section: 'Stalls', row: 'A', number: '12' },
  holderName: 'Łukasz Żółć',
  price: { amount: 2_500, currency: 'GBP' },
  reference: 'K7M2-X9QT',
  code: 'A'.repeat(116),
}

const library = openFaces([])
let faces: FaceSet
beforeAll(async () => {
  faces = await library.facesFor('東')
})

/** Lines of at most ten letters of one width. */
const setIn = (set: FaceSet, text: string, linesMax = 3) =>
  typeset(text, {
    faces: set,
    isBold: false,
    measure: (piece) => Array.from(piece.text).length,
    width: 10,
    linesMax,
  })?.map((line) => line.map((piece) => piece.text).join('|'))

test('a ticket says when in the time of its venue, where, which place, whose and what for', () => {
  expect(linesOf(ticket).map(({ text }) => text)).toEqual([
    'Saturday, 1 May 2027 at 19:30 BST (Europe/London), doors 18:30',
    'The Round House, London',
    'Stalls · Stalls, row A, seat 12 · £25.00',
    'Łukasz Żółć',
    'K7M2-X9QT',
  ])
  const transferred = { ...ticket, reference: null, holderName: null, seat: null }
  expect(linesOf(transferred).map(({ label }) => label)).toEqual(['When', 'Where', 'Ticket'])
})

test('a ticket tells the two hours from each other that there are when clocks are put back', () => {
  const night = (starts: string, doors: string) =>
    linesOf({ ...ticket, startsAt: new Date(starts), doorsAt: new Date(doors) })[0]?.text
  expect(night('2026-10-25T00:30:00Z', '2026-10-24T23:30:00Z')).toBe(
    'Sunday, 25 October 2026 at 01:30 BST (Europe/London), doors 00:30',
  )
  expect(night('2026-10-25T01:30:00Z', '2026-10-25T00:30:00Z')).toBe(
    'Sunday, 25 October 2026 at 01:30 GMT (Europe/London), doors 01:30 BST',
  )
})

test('what no font has a letter for is a question mark, other signs are left out, and no letter at all is nothing', () => {
  expect(printable('Опера Ωμέγα Żółć, “12” €5', faces)).toBe('Опера Ωμέγα Żółć, “12” €5')
  expect(printable('東京 🎻 かな\u0000\n!', faces)).toBe('東京 かな !')
  expect(printable('Ada தமிழ் 🎻', faces)).toBe('Ada ?')
  expect(printable('\u202Eada\u2066', faces)).toBe('ada')
  for (const nothing of ['தமிழ்', '🎻🎉', '\u0000', '!!', '']) expect(printable(nothing, faces)).toBeNull()
})

test('lines break between words, inside what is too long, and between Japanese letters, and end with an ellipsis', () => {
  expect(setIn(faces, 'one two three four')).toEqual(['one| |two', 'three| |four'])
  expect(setIn(faces, 'x'.repeat(12))).toEqual(['x'.repeat(10), 'xx'])
  expect(setIn(faces, '東'.repeat(12))).toEqual(['東'.repeat(10), '東東'])
  expect(setIn(faces, 'one two three four', 1)).toEqual(['one| |two…'])
  expect(setIn(faces, 'x'.repeat(40), 2)).toEqual(['x'.repeat(10), `${'x'.repeat(9)}…`])
})

test('what is read from right to left stands so, and the numbers in it do not', () => {
  const all = { ...faces, regular: { ...faces.regular, covers: () => true } }
  // Word order turns around; letters within a word are turned by the shaper.
  expect(setIn(all, 'שלום עולם')).toEqual(['עולם| |שלום'])
  expect(setIn(all, 'row שב 12')).toEqual(['row| |12| |שב'])
  expect(setIn(all, 'שב (12)')).toEqual(['(|12|)| |שב'])
})

test('a ticket is one page of PDF, whatever is written on it', async () => {
  for (const title of ['Tosca', 'x'.repeat(200), '\u202E東\u0000', 'word '.repeat(40), 'தமிழ்', '🎻']) {
    const printed = { ...ticket, title, venueName: title, holderName: title }
    const pdf = (await ticketsPdf([printed], library)).toString('latin1')
    expect(pdf.slice(0, 5)).toBe('%PDF-')
    expect(pdf.trimEnd().slice(-5)).toBe('%%EOF')
    expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1)
  }
})

const DEJAVU = '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'

test.runIf(existsSync(DEJAVU))('a font of the operator’s has what ours have not', async () => {
  const own = await openFaces([DEJAVU]).facesFor('سلام')
  expect(printable('سلام', own)).toBe('سلام')
  expect(printable('سلام', faces)).toBeNull()
})

test('the picture and the page have the same QR code', async () => {
  const { size, isDark } = qrSquares(ticket.code)
  const svg = await qrSvg(ticket.code)
  expect(svg).toContain(`viewBox="0 0 ${size + 8} ${size + 8}"`)
  // Finder patterns: three corners have a dark ring of seven squares, the fourth has not.
  const ring = (column: number, row: number) => Array.from({ length: 7 }, (_, at) => isDark(column + at, row))
  expect([ring(0, 0), ring(size - 7, 0), ring(0, size - 7)].flat().every(Boolean)).toBe(true)
  expect(ring(size - 7, size - 1).every(Boolean)).toBe(false)
})

test('what is no font is not unpacked', () => {
  expect(() => unpackWoff(Buffer.from('wOF2'))).toThrow('no font')
})
