import PDFDocument from 'pdfkit'
import { readableInstant, zoneName } from '@tikitu/runtime/instant'
import { formatMoney, type Money } from '@tikitu/runtime/money'
import type { Faces, FaceSet } from './faces.ts'
import { qrSquares } from './qr.ts'
import { typeset, type Measure } from './typeset.ts'

/** What is printed on a ticket. */
export interface PrintedTicket {
  readonly title: string
  readonly startsAt: Date
  readonly doorsAt: Date
  /** Of the venue, in which people read the times. */
  readonly timezone: string
  readonly venueName: string
  readonly city: string
  readonly ticketType: string
  readonly seat: { readonly section: string; readonly row: string; readonly number: string } | null
  readonly holderName: string | null
  readonly price: Money
  /** Of the booking; null on a ticket that was transferred, whose booking is somebody else's. */
  readonly reference: string | null
  /** What the door scans. */
  readonly code: string
}

/** A5, in points. */
const WIDTH = 420
const MARGIN = 36
/** With the margin of four squares that scanners need around it. */
const QR_POINTS = 210

/** How a text stands on the page, in points. */
interface Lettering {
  readonly size: number
  readonly isBold: boolean
  readonly colour: string
  readonly linesMax: number
  /** From one line to the next. */
  readonly leading: number
}

const TITLE: Lettering = { size: 20, isBold: true, colour: 'black', linesMax: 3, leading: 24 }
const LABEL: Lettering = { size: 8, isBold: false, colour: '#555555', linesMax: 1, leading: 11 }
const FACT: Lettering = { size: 11, isBold: true, colour: 'black', linesMax: 2, leading: 14 }

/** Of the labels and the times. */
const LANGUAGE = 'en-GB'

/** For what is written in letters of which no font is there; the reference, the place and the code are right all the same. */
const UNREADABLE = '(in letters that cannot be printed here)'

/** A PDF of one or more tickets: one page of A5 for each, with its code as it is now. */
export async function ticketsPdf(tickets: readonly PrintedTicket[], library: Faces): Promise<Buffer> {
  const faces = await library.facesFor(tickets.flatMap(textsOf).join(''))
  const info = { Title: tickets[0]?.title ?? '' }
  const document = new PDFDocument({ size: 'A5', margin: MARGIN, autoFirstPage: false, info })
  const chunks: Buffer[] = []
  document.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = new Promise<void>((resolve, reject) => document.on('end', resolve).on('error', reject))
  for (const { name, bytes } of [faces.regular, faces.bold, ...faces.others]) document.registerFont(name, bytes)

  for (const ticket of tickets) drawTicket(document.addPage(), ticket, faces)
  document.end()
  await ended
  return Buffer.concat(chunks)
}

const textsOf = (ticket: PrintedTicket) => [ticket.title, ...linesOf(ticket).map(({ text }) => text)]

function drawTicket(document: PDFKit.PDFDocument, ticket: PrintedTicket, faces: FaceSet): void {
  let y = drawText(document, ticket.title, TITLE, faces, MARGIN) + 8
  for (const line of linesOf(ticket)) {
    y = drawText(document, line.label, LABEL, faces, y)
    y = drawText(document, line.text, FACT, faces, y) + 4
  }
  drawQr(document, ticket.code)
}

/** Draws a text from `top` on; where the next one begins. */
function drawText(
  document: PDFKit.PDFDocument,
  text: string,
  { size, isBold, colour, linesMax, leading }: Lettering,
  faces: FaceSet,
  top: number,
): number {
  const measure: Measure = (piece) => document.font(piece.face.name).fontSize(size).widthOfString(piece.text)
  const setting = { faces, isBold, measure, width: WIDTH - 2 * MARGIN, linesMax }
  const lines = typeset(text, setting) ?? typeset(UNREADABLE, { ...setting, isBold: false }) ?? []
  document.fillColor(colour)
  for (const [index, line] of lines.entries()) {
    let x = MARGIN
    for (const piece of line) {
      const wide = measure(piece)
      // All faces stand on one line, however high each is.
      document.text(piece.text, x, top + index * leading + size, { lineBreak: false, baseline: 'alphabetic' })
      x += wide
    }
  }
  return top + lines.length * leading
}

/** One fact on a ticket. */
interface Line {
  readonly label: string
  readonly text: string
}

/** What a ticket says, from top to bottom. */
export function linesOf(ticket: PrintedTicket): Line[] {
  const { startsAt, doorsAt, timezone, venueName, city, seat, holderName, reference } = ticket
  const starts = readableInstant(startsAt, timezone, LANGUAGE)
  const doors = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: 'short', timeZone: timezone }).format(doorsAt)
  const zoneOfDoors = zoneName(doorsAt, timezone, LANGUAGE)
  // Between the two, clocks may be put back.
  const doorsIn = zoneOfDoors === zoneName(startsAt, timezone, LANGUAGE) ? '' : ` ${zoneOfDoors}`
  const place = seat && `${seat.section}, row ${seat.row}, seat ${seat.number}`
  return [
    { label: 'When', text: `${starts} (${timezone}), doors ${doors}${doorsIn}` },
    { label: 'Where', text: `${venueName}, ${city}` },
    { label: 'Ticket', text: [ticket.ticketType, place, formatMoney(ticket.price)].filter(Boolean).join(' · ') },
    ...(holderName === null ? [] : [{ label: 'Name', text: holderName }]),
    ...(reference === null ? [] : [{ label: 'Booking', text: reference }]),
  ]
}

/** At the bottom in the middle. A row's dark squares next to each other are one box, so that no printer leaves gaps. */
function drawQr(document: PDFKit.PDFDocument, code: string): void {
  const { size, isDark } = qrSquares(code)
  const square = QR_POINTS / size
  const left = (WIDTH - QR_POINTS) / 2
  const top = document.page.height - MARGIN - QR_POINTS
  document.fillColor('black')
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (!isDark(column, row)) continue
      const from = column
      while (isDark(column + 1, row) && column + 1 < size) column++
      document.rect(left + from * square, top + row * square, (column - from + 1) * square, square)
    }
  }
  document.fill()
}
