import { inflateSync } from 'node:zlib'

/*
 * WOFF 1.0 (W3C): a header of 44 bytes, then for each table of the font 20 bytes (tag, offset, compressed length, length,
 * checksum), then the tables, each compressed by zlib unless that made it no shorter.
 */
const SIGNATURE = 'wOFF'
const HEADER_BYTES = 44
const ENTRY_BYTES = 20

/**
 * Unpacks a font from WOFF to what it was made from (OpenType, "sfnt"). The PDF writer reads WOFF too, but unpacks each
 * table in JavaScript and for every document anew, which takes a second. Throws when it is no WOFF.
 */
export function unpackWoff(woff: Buffer): Buffer {
  if (woff.toString('latin1', 0, 4) !== SIGNATURE) throw new Error('this is no font in the format WOFF')
  const count = woff.readUInt16BE(12)
  const directory = Buffer.alloc(12 + 16 * count)
  woff.copy(directory, 0, 4, 8)
  const power = 2 ** Math.floor(Math.log2(count))
  directory.writeUInt16BE(count, 4)
  directory.writeUInt16BE(power * 16, 6)
  directory.writeUInt16BE(Math.log2(power), 8)
  directory.writeUInt16BE((count - power) * 16, 10)

  const tables: Buffer[] = []
  let end = directory.length
  for (let table = 0; table < count; table++) {
    const entry = HEADER_BYTES + table * ENTRY_BYTES
    const [from, packed, length] = [4, 8, 12].map((at) => woff.readUInt32BE(entry + at)) as [number, number, number]
    const bytes = woff.subarray(from, from + packed)
    const padded = Buffer.alloc(Math.ceil(length / 4) * 4)
    ;(packed < length ? inflateSync(bytes) : bytes).copy(padded)
    const at = 12 + table * 16
    woff.copy(directory, at, entry, entry + 4)
    woff.copy(directory, at + 4, entry + 16, entry + 20)
    directory.writeUInt32BE(end, at + 8)
    directory.writeUInt32BE(length, at + 12)
    tables.push(padded)
    end += padded.length
  }
  return Buffer.concat([directory, ...tables])
}
