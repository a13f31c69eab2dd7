import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { readFileIfPresent, writeFileAtomically } from '../files.ts'

const secret = z.string().min(32)
const shape = z.object({
  /** Signs what the gateway says about a caller to the services. */
  identity: secret,
  /** Stands in for AWS credentials at the development issuer. */
  cognitoAdmin: secret,
})

/** The secrets of one installation. */
export type Secrets = z.infer<typeof shape>

/** Reads the secrets of this DATA_DIR; the first time, makes them. */
export async function loadSecrets(dataDir: string): Promise<Secrets> {
  const found = readSecrets(dataDir)
  if (found) return found
  const made = { identity: newSecret(), cognitoAdmin: newSecret() }
  await writeFileAtomically(join(dataDir, 'secrets.json'), `${JSON.stringify(made, null, 2)}\n`)
  return made
}

/** The secrets of this DATA_DIR, or undefined if no system was ever started in it. */
export function readSecrets(dataDir: string): Secrets | undefined {
  const text = readFileIfPresent(join(dataDir, 'secrets.json'))
  return text === undefined ? undefined : shape.parse(JSON.parse(text))
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
