import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/*
 * Secrets that let in whoever brings them: 64 characters of base64url, 16 bytes of the id they belong to and 32 of an
 * HMAC-SHA-256, behind a prefix by which scanners for leaked secrets know them. The database keeps only their SHA-256.
 * They are derived and not drawn, so that who repeats a request whose answer was lost is told the same secret again.
 */
const PREFIXES = { deviceToken: 'tkreg', device: 'tkdev', transfer: 'tkclaim' } as const
const ID_BYTES = 16
const BODY = /^[\w-]{64}$/

/** What a bearer secret is for. */
export type BearerKind = keyof typeof PREFIXES

/** Makes bearer secrets: the same for the same kind and id as long as the service's secret is the same. */
export type BearerSecrets = (kind: BearerKind, id: string) => string

/** What somebody brought. */
export interface Brought {
  /** What it claims to belong to; a UUID. */
  readonly id: string
  /** Compare it with `isSecret` to what was kept under the id. */
  readonly hash: string
}

/** The maker of secrets under the setting `TICKET_KEY_SECRET`. With another one than before, those that are out stay good. */
export function bearerSecrets(secret: string): BearerSecrets {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'tikitu bearer secrets', 32))
  return (kind, id) => {
    const mac = createHmac('sha256', key).update(`${kind}:${id}`).digest()
    return `${PREFIXES[kind]}_${Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), mac]).toString('base64url')}`
  }
}

/** Reads what somebody brought; null when it is no secret of this kind. Says nothing about whether it is good. */
export function readBearer(kind: BearerKind, text: string): Brought | null {
  const prefix = `${PREFIXES[kind]}_`
  const body = text.slice(prefix.length)
  if (!text.startsWith(prefix) || !BODY.test(body)) return null
  const id = Buffer.from(body, 'base64url').toString('hex', 0, ID_BYTES)
  return { id: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'), hash: hashOfBearer(text) }
}

/** What is kept of a secret: its SHA-256 in hexadecimal. */
export function hashOfBearer(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Whether what was brought is what was kept. Takes as long for every wrong one. */
export function isSecret({ hash }: Brought, kept: string | null): boolean {
  return kept !== null && timingSafeEqual(Buffer.from(hash), Buffer.from(kept))
}
