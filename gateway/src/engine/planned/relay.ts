const BEGINNING = Buffer.from('{"data":{')
const END = Buffer.from('}}')
// Inside of text a quotation mark is escaped, so these bytes are a key, or a text that is nothing else.
const KEYS_OF_MORE = [Buffer.from('"errors"'), Buffer.from('"extensions"')]

/** Whether these bytes are an answer of nothing but data, as services write it. False if it takes more to tell. */
export function isOnlyData(bytes: Buffer): boolean {
  return (
    bytes.subarray(0, BEGINNING.length).equals(BEGINNING) &&
    bytes.subarray(-END.length).equals(END) &&
    KEYS_OF_MORE.every((key) => !bytes.includes(key))
  )
}

/**
 * An answer of nothing but data, with extensions: their JSON text. Text and not bytes, because Node sends a head and text
 * by one write of one piece.
 */
export function withExtensions(bytes: Buffer, extensions: string): string {
  return `${bytes.toString('utf8', 0, bytes.length - 1)},"extensions":${extensions}}`
}
