import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'

/*
 * What a ticket's QR code holds: 87 bytes as 116 characters of base64url.
 *
 *   byte   0      layout version, 1
 *   bytes  1–16   the ticket's id
 *   bytes 17–18   code version, big endian: a rename or transfer counts it up, and older codes are worth nothing
 *   bytes 19–22   key id: the first four bytes of the SHA-256 of the event's public key
 *   bytes 23–86   Ed25519 signature of bytes 0–22 by the event's key
 *
 * A door without network needs only the event's public key: another key id is another event's ticket, a signature that
 * does not fit is no ticket.
 */
const LAYOUT = 1
const ID_AT = 1
const VERSION_AT = 17
const KEY_AT = 19
const SIGNATURE_AT = 23
const CODE = /^[\w-]{116}$/

/** The two halves of an event's key as they are stored: 32 bytes each. */
export interface KeyPair {
  readonly publicKey: Buffer
  readonly privateKey: Buffer
}

/** What a code says, before anybody has checked its signature. */
export interface Claim {
  readonly ticketId: string
  readonly codeVersion: number
  readonly keyId: string
  /** The signed bytes and the signature. */
  readonly bytes: Buffer
}

/** A new key for an event. */
export function newKeyPair(): KeyPair {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  if (!x || !d) throw new Error('Ed25519 gave half a key')
  return { publicKey: Buffer.from(x, 'base64url'), privateKey: Buffer.from(d, 'base64url') }
}

/** The code of a ticket. The same facts always give the same code. */
export function writeCode(ticketId: string, codeVersion: number, key: KeyPair): string {
  const claim = Buffer.alloc(SIGNATURE_AT)
  claim.writeUInt8(LAYOUT, 0)
  claim.write(ticketId.replaceAll('-', ''), ID_AT, 'hex')
  claim.writeUInt16BE(codeVersion, VERSION_AT)
  claim.write(keyIdOf(key.publicKey), KEY_AT, 'hex')
  return Buffer.concat([claim, sign(null, claim, privateKeyObject(key))]).toString('base64url')
}

/** Takes a code apart, or null when it is not one of ours. Says nothing about its signature. */
export function readCode(code: string): Claim | null {
  if (!CODE.test(code)) return null
  const bytes = Buffer.from(code, 'base64url')
  if (bytes.readUInt8(0) !== LAYOUT) return null
  const id = bytes.toString('hex', ID_AT, VERSION_AT)
  return {
    ticketId: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    codeVersion: bytes.readUInt16BE(VERSION_AT),
    keyId: bytes.toString('hex', KEY_AT, SIGNATURE_AT),
    bytes,
  }
}

/** Whether the event with this public key signed the claim. */
export function isSignedBy(claim: Claim, publicKey: Buffer): boolean {
  if (claim.keyId !== keyIdOf(publicKey)) return false
  return verify(
    null,
    claim.bytes.subarray(0, SIGNATURE_AT),
    publicKeyObject(publicKey),
    claim.bytes.subarray(SIGNATURE_AT),
  )
}

/** What a code names its event's key by. */
export function keyIdOf(publicKey: Buffer): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 8)
}

function privateKeyObject({ publicKey, privateKey }: KeyPair): KeyObject {
  const jwk = { ...jwkOf(publicKey), d: privateKey.toString('base64url') }
  return createPrivateKey({ key: jwk, format: 'jwk' })
}

function publicKeyObject(publicKey: Buffer): KeyObject {
  return createPublicKey({ key: jwkOf(publicKey), format: 'jwk' })
}

const jwkOf = (publicKey: Buffer) => ({ kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') })
