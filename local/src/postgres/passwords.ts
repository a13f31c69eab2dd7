import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { readFileIfPresent, writeFileAtomically } from '../files.ts'

const shape = z.object({ superuser: z.string().min(1), roles: z.record(z.string(), z.string().min(1)) })

/** The passwords of one server: the superuser's and, by name, every role's. They lie beside the data they open. */
export type Passwords = z.infer<typeof shape>

/**
 * Reads the passwords and makes those that are missing. If there is data but no file, the data cannot be opened any
 * more, and this throws rather than write passwords that do not fit.
 */
export async function loadPasswords(
  file: string,
  { roles, dataExists }: { roles: readonly string[]; dataExists: boolean },
): Promise<Passwords> {
  const text = readFileIfPresent(file)
  if (text === undefined && dataExists) {
    throw new Error(
      `${file} is missing: the databases beside it cannot be opened without their passwords. Restore it, or set DATA_DIR to a new directory.`,
    )
  }
  const passwords: Passwords =
    text === undefined ? { superuser: newPassword(), roles: {} } : shape.parse(JSON.parse(text))
  const missing = roles.filter((role) => passwords.roles[role] === undefined)
  for (const role of missing) passwords.roles[role] = newPassword()
  if (text === undefined || missing.length > 0) await writeFileAtomically(file, JSON.stringify(passwords, null, 2))
  return passwords
}

/** 192 random bits in characters that need no escaping in a URL. */
function newPassword(): string {
  return randomBytes(24).toString('base64url')
}
