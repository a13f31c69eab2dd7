import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import PDFDocument from 'pdfkit'
import { formatMoney, type Money } from '@tikitu/runtime/money'
import { qrSquares } from './qr.ts'
import { unpackWoff } from './woff.ts'

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
const QR_POINTS = 220

/** A PDF of one or more tickets: one page of A5 for each, with its code as it is now. */
export async function ticketsPdf(tickets: readonly PrintedTicket[]): Promise<Buffer> {
  const { regular, bold } = await fonts()
  const info = { Title: tickets[0]?.title ?? '' }
  const document = new PDFDocument({ size: 'A5', margin: MARGIN, autoFirstPage: false, info })
  const chunks: Buffer[] = []
  document.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = new Promise<void>((resolve, reject) => document.on('end', resolve).on('error', reject))
  document.registerFont('regular', regular).registerFont('bold', bold)

  for (const ticket of tickets) drawTicket(document.addPage(), ticket)
  document.end()
  await ended
  return Buffer.concat(chunks)
}

function drawTicket(document: PDFKit.PDFDocument, ticket: PrintedTicket): void {
  document.fillColor('black')
  document.font('bold').fontSize(20).text(printable(ticket.title), { height: 75, ellipsis: true })
  document.moveDown(0.4)
  for (const line of linesOf(ticket)) {
    document.font('regular').fontSize(8).fillColor('#555555').text(line.label)
    document.font('bold').fontSize(11).fillColor('black')
    document.text(printable(line.text), { height: 28, ellipsis: true })
    document.moveDown(0.25)
  }
  drawQr(document, ticket.code)
}

/** One fact on a ticket. */
interface Line {
  readonly label: string
  readonly text: string
}

/** What a ticket says, from top to bottom. */
export function linesOf(ticket: PrintedTicket): Line[] {
  const { startsAt, doorsAt, timezone, venueName, city, seat, holderName, reference } = ticket
  const day = { dateStyle: 'full', timeStyle: 'short', timeZone: timezone } as const
  const starts = new Intl.DateTimeFormat('en-GB', day).format(startsAt)
  const doors = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: timezone }).format(doorsAt)
  const place = seat && `${seat.section}, row ${seat.row}, seat ${seat.number}`
  return [
    { label: 'When', text: `${starts} (${timezone}), doors ${doors}` },
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

/** Letters that the font may have none of, which would be printed as empty boxes. */
const FOREIGN =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Inherited}\p{N}\p{P}\p{Sc}\p{Zs}+=<>|~^`]/gu

/** The text with `?` for each letter that cannot be printed. */
export function printable(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(FOREIGN, '?')
}

let loading: Promise<{ readonly regular: Buffer; readonly bold: Buffer }> | undefined

/** Roboto, read once: Latin, Greek and Cyrillic. */
function fonts() {
  loading ??= Promise.all([
    face(import.meta.resolve('roboto-fontface/fonts/roboto/Roboto-Regular.woff')),
    face(import.meta.resolve('roboto-fontface/fonts/roboto/Roboto-Bold.woff')),
  ]).then(([regular, bold]) => ({ regular, bold }))
  return loading
}

async function face(url: string): Promise<Buffer> {
  return unpackWoff(await readFile(fileURLToPath(url)))
}
