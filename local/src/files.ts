import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'

/**
 * Replaces a file as a whole: a reader, or a machine that loses power, sees the old content or the new and never half.
 * The file is readable by its owner only, because everything kept this way holds secrets.
 */
export async function writeFileAtomically(path: string, content: string): Promise<void> {
  const part = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`
  try {
    const file = await open(part, 'w', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

/** The text of a file, or undefined if there is none. */
export function readFileIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
