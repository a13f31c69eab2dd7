import { expect, test } from 'vitest'
import { qrSquares, qrSvg } from './qr.ts'
import { linesOf, printable, ticketsPdf, type PrintedTicket } from './ticket-pdf.ts'
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

test('a ticket says when in the time of its venue, where, which place, whose and what for', () => {
  expect(linesOf(ticket).map(({ text }) => text)).toEqual([
    'Saturday, 1 May 2027 at 19:30 (Europe/London), doors 18:30',
    'The Round House, London',
    'Stalls · Stalls, row A, seat 12 · £25.00',
    'Łukasz Żółć',
    'K7M2-X9QT',
  ])
  const transferred = { ...ticket, reference: null, holderName: null, seat: null }
  expect(linesOf(transferred).map(({ label }) => label)).toEqual(['When', 'Where', 'Ticket'])
})

test('what the font has no letter for is printed as a question mark', () => {
  expect(printable('Опера Ωμέγα Żółć, “12” €5')).toBe('Опера Ωμέγα Żółć, “12” €5')
  expect(printable('東京 🎻\u0000\n!')).toBe('?? ?? !')
})

test('a ticket is one page of PDF, whatever is written on it', async () => {
  for (const title of ['Tosca', 'x'.repeat(200), '\u202E東\u0000', 'word '.repeat(40)]) {
    const pdf = (await ticketsPdf([{ ...ticket, title, venueName: title, holderName: title }])).toString('latin1')
    expect(pdf.slice(0, 5)).toBe('%PDF-')
    expect(pdf.trimEnd().slice(-5)).toBe('%%EOF')
    expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1)
  }
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
