import QRCode from 'qrcode'

/** Corrects 15 % of damage: a code on a wet or cracked screen is read, and it stays coarse enough for one held far away. */
const ERROR_CORRECTION = 'M'

/** The dark squares of a QR code, row by row. */
export interface QrSquares {
  /** Squares on each side, without the white margin. */
  readonly size: number
  /** Whether the square of this column and row is dark. */
  isDark(column: number, row: number): boolean
}

/** The QR code of a text, to be drawn. Leave a margin of four squares around it. */
export function qrSquares(text: string): QrSquares {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: ERROR_CORRECTION })
  return { size: modules.size, isDark: (column, row) => modules.get(row, column) === 1 }
}

/** Dots of a PNG picture for each square: sharp on a telephone, and a few thousand bytes. */
const PNG_SCALE = 8

/** The QR code of a text as an SVG picture of its own, margin included. */
export function qrSvg(text: string): Promise<string> {
  return QRCode.toString(text, { type: 'svg', errorCorrectionLevel: ERROR_CORRECTION, margin: 4 })
}

/** The same as a PNG picture, for what shows no SVG: mail, wallets, watches. */
export function qrPng(text: string): Promise<Buffer> {
  return QRCode.toBuffer(text, { type: 'png', errorCorrectionLevel: ERROR_CORRECTION, margin: 4, scale: PNG_SCALE })
}
