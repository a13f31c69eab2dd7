import bidiFactory from 'bidi-js/dist/bidi.mjs'
import type { Face, FaceSet } from './faces.ts'

/** A stretch of text in one face and one direction. */
export interface Piece {
  /** As it is to be drawn, its letters in the order in which they are read. */
  readonly text: string
  readonly face: Face
  /** Odd when it is read from right to left (Unicode, UAX 9). */
  readonly level: number
  readonly isSpace: boolean
}

/** How wide a piece is. */
export type Measure = (piece: Pick<Piece, 'text' | 'face'>) => number

/** What a text is set in. */
export interface Setting {
  readonly faces: FaceSet
  readonly isBold: boolean
  readonly measure: Measure
  /** Of a line, in what `measure` says. */
  readonly width: number
  readonly linesMax: number
}

const bidi = bidiFactory()
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Between these, lines may break without a space. */
const BREAKS_ANYWHERE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
/** What no face has a picture of, and does not need one: joiners, variation selectors, direction marks. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u
const CONTROLS = /[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/gu

/**
 * A text in lines, each with its pieces in the order in which they stand from left to right. Words that do not fit are
 * broken; what does not fit into the lines ends with an ellipsis. A letter that no face has is `?`, once for several; other
 * signs that none has, such as emoji, are left out. Null when no letter or digit of the text would be seen.
 */
export function typeset(text: string, setting: Setting): Piece[][] | null {
  const { faces, isBold, linesMax } = setting
  const shown = printable(text, faces)
  if (shown === null) return null
  const atoms = atomsOf(shown, faces, isBold)
  const lines = wrap(atoms, setting)
  const kept = lines.slice(0, linesMax)
  if (lines.length > linesMax) kept.push(shortened(kept.pop() ?? [], setting))
  return kept.map(visual)
}

/** The text without what cannot be shown; null when nothing of it can be read. */
export function printable(text: string, faces: FaceSet): string | null {
  const all = [faces.regular, ...faces.others]
  const clean = text.replaceAll(/\s+/g, ' ').replaceAll(CONTROLS, '')
  const shown = [...clusters.segment(clean)]
    .map(({ segment }) => {
      if (all.some((face) => coversAll(face, segment))) return segment
      return /[\p{L}\p{N}]/u.test(segment) ? '\uFFFD' : ''
    })
    .join('')
    .replaceAll(/\uFFFD+/gu, '?')
    .replaceAll(/ +/g, ' ')
    .trim()
  return /[\p{L}\p{N}]/u.test(shown) ? shown : null
}

const coversAll = ({ covers }: Face, cluster: string) =>
  Array.from(cluster).every((character) => IGNORABLE.test(character) || covers(character.codePointAt(0) ?? 0))

/** Pieces that stay together in a line. */
type Atom = readonly Piece[]

function atomsOf(text: string, { regular, bold, others }: FaceSet, isBold: boolean): Atom[] {
  const candidates = [isBold ? bold : regular, regular, ...others]
  const { levels } = bidi.getEmbeddingLevels(text)
  const atoms: Piece[][] = []
  let breaksHere = true
  for (const { segment, index } of clusters.segment(text)) {
    const face = candidates.find((it) => coversAll(it, segment)) ?? regular
    const piece = { text: segment, face, level: levels[index] ?? 0, isSpace: segment === ' ' }
    const breaks = piece.isSpace || BREAKS_ANYWHERE.test(segment)
    const atom = atoms.at(-1)
    if (!atom || breaks || breaksHere) atoms.push([piece])
    else join(atom, piece)
    breaksHere = breaks
  }
  return atoms
}

/** Adds a piece, to the last one if both are drawn alike: letters take their shape from their neighbours. */
function join(line: Piece[], piece: Piece): void {
  const last = line.at(-1)
  if (last && last.face === piece.face && last.level === piece.level && last.isSpace === piece.isSpace) {
    line[line.length - 1] = { ...last, text: last.text + piece.text }
  } else line.push(piece)
}

const widthOf = (pieces: readonly Piece[], measure: Measure) => pieces.reduce((sum, piece) => sum + measure(piece), 0)

/** Lines of pieces in the order in which they are read. */
function wrap(atoms: readonly Atom[], { measure, width }: Setting): Piece[][] {
  const lines: Piece[][] = [[]]
  let left = width
  const put = (atom: Atom, wide: number) => {
    const line = lines.at(-1) ?? []
    if (wide > left && line.length > 0) {
      if (line.at(-1)?.isSpace) line.pop()
      lines.push([])
      left = width
      if (atom[0]?.isSpace) return
    }
    for (const piece of atom) join(lines.at(-1) ?? [], piece)
    left -= wide
  }
  for (const atom of atoms) {
    const wide = widthOf(atom, measure)
    const parts = wide > width ? brokenUp(atom) : [atom]
    for (const part of parts) put(part, parts.length > 1 ? widthOf(part, measure) : wide)
  }
  return lines.filter((line) => line.length > 0)
}

const brokenUp = (atom: Atom): Atom[] =>
  atom.flatMap((piece) => [...clusters.segment(piece.text)].map(({ segment }) => [{ ...piece, text: segment }]))

/** The line with an ellipsis at its end, and so much less that it fits. */
function shortened(line: readonly Piece[], { measure, width, faces, isBold }: Setting): Piece[] {
  const rest = brokenUp(line).flat()
  const level = rest.at(-1)?.level ?? 0
  const ellipsis = { text: '…', face: isBold ? faces.bold : faces.regular, level, isSpace: false }
  while (rest.length > 0 && (rest.at(-1)?.isSpace || widthOf([...rest, ellipsis], measure) > width)) rest.pop()
  const kept: Piece[] = []
  for (const piece of [...rest, ellipsis]) join(kept, piece)
  return kept
}

/** The pieces of a line from left to right (UAX 9, rule L2): from the highest level down, what is at it is turned around. */
function visual(line: readonly Piece[]): Piece[] {
  const pieces = [...line]
  const highest = Math.max(0, ...pieces.map(({ level }) => level))
  for (let level = highest; level > 0; level--) {
    for (let from = 0; from < pieces.length; from++) {
      let end = from
      while ((pieces[end]?.level ?? 0) >= level) end++
      if (end - from > 1) pieces.splice(from, end - from, ...pieces.slice(from, end).toReversed())
      from = Math.max(from, end)
    }
  }
  return pieces.map(turned)
}

/** The shaper turns words of such scripts around itself; signs between them it takes as they are. */
function turned(piece: Piece): Piece {
  if (piece.level % 2 === 0 || RIGHT_TO_LEFT.test(piece.text)) return piece
  const mirrored = Array.from(piece.text, (character) => bidi.getMirroredCharacter(character) ?? character)
  return { ...piece, text: mirrored.toReversed().join('') }
}
