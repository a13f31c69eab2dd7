import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { create } from 'fontkit'
import { unpackWoff } from './woff.ts'

/** A font. */
export interface Face {
  /** What it is called in a document; unique among faces. */
  readonly name: string
  readonly bytes: Buffer
  /** Whether it has a picture of the character. */
  covers(codePoint: number): boolean
}

/** The fonts in which a text is set. */
export interface FaceSet {
  /** What most is set in: Latin, Greek and Cyrillic. */
  readonly regular: Face
  readonly bold: Face
  /** For what those do not have, the first that has it. */
  readonly others: readonly Face[]
}

/** Fonts, read when they are needed and kept then. */
export interface Faces {
  /** As many as it takes to set the text, or all there are. */
  facesFor(text: string): Promise<FaceSet>
}

/**
 * Roboto, Kosugi for Japanese, and then the files of the setting `TICKET_FONTS`, TrueType or OpenType. What none of them
 * has is not ours to replace by other letters.
 */
export function openFaces(files: readonly string[]): Faces {
  const base = once(async () => ({
    regular: await packed('regular', import.meta.resolve('roboto-fontface/fonts/roboto/Roboto-Regular.woff')),
    bold: await packed('bold', import.meta.resolve('roboto-fontface/fonts/roboto/Roboto-Bold.woff')),
  }))
  const others = [
    once(() => packed('japanese', import.meta.resolve('@fontsource/kosugi/files/kosugi-japanese-400-normal.woff'))),
    ...files.map((file, index) => once(async () => face(`file ${index + 1}`, await readFile(file)))),
  ]
  return {
    async facesFor(text) {
      const { regular, bold } = await base()
      const needed = new Set(Array.from(text, (character) => character.codePointAt(0) ?? 0))
      const without = ({ covers }: Face) => needed.forEach((point) => covers(point) && needed.delete(point))
      without(regular)
      const used: Face[] = []
      for (const open of others) {
        if (needed.size === 0) break
        const next = await open()
        without(next)
        used.push(next)
      }
      return { regular, bold, others: used }
    },
  }
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}

const packed = async (name: string, url: string) => face(name, unpackWoff(await readFile(fileURLToPath(url))))

function face(name: string, bytes: Buffer): Face {
  const font = create(bytes)
  if (!('hasGlyphForCodePoint' in font)) throw new Error(`${name} is a collection of fonts and not one`)
  return { name, bytes, covers: (codePoint) => font.hasGlyphForCodePoint(codePoint) }
}
