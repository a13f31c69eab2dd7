import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { readFileIfPresent, writeFileAtomically } from '../files.ts'

const secret = z.string().min(32)
const shape = z.object({
  /** Signs what the gateway says about a caller to the services. */
  identity: secret,
  /** Seals the keys that sign tickets. With another one, no ticket sold before can be shown. */
  ticketKey: secret,
  /** What the payment service shows to the payment sandbox. */
  sandboxKey: secret,
  /** Signs the webhooks of the payment sandbox. */
  sandboxWebhook: secret,
  /** Stands in for AWS credentials at the development issuer. */
  cognitoAdmin: secret,
})

/** The secrets of one installation. */
export type Secrets = z.infer<typeof shape>

/** Reads the secrets of this DATA_DIR, and makes those that it does not have yet. */
export async function loadSecrets(dataDir: string): Promise<Secrets> {
  const found = readSecrets(dataDir) ?? {}
  const secrets: Secrets = {
    identity: newSecret(),
    ticketKey: newSecret(),
    sandboxKey: newSecret(),
    sandboxWebhook: newSecret(),
    cognitoAdmin: newSecret(),
    ...found,
  }
  const complete = Object.keys(found).length === Object.keys(secrets).length
  if (!complete) await writeFileAtomically(join(dataDir, 'secrets.json'), `${JSON.stringify(secrets, null, 2)}\n`)
  return secrets
}

/** The secrets of this DATA_DIR, or undefined if no system was ever started in it. An older system has only some. */
export function readSecrets(dataDir: string): Partial<Secrets> | undefined {
  const text = readFileIfPresent(join(dataDir, 'secrets.json'))
  return text === undefined ? undefined : (shape.partial().parse(JSON.parse(text)) as Partial<Secrets>)
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
