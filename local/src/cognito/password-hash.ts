import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** scrypt's cost. Far below what production needs: the pool is for development, and a benchmark signs in thousands. */
const COST = 2 ** 12
const KEY_BYTES = 32

/** Hashes a password with a salt of its own, into text that `passwordMatches` can check against. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `scrypt:${COST}:${salt.toString('base64url')}:${(await derive(password, salt, COST)).toString('base64url')}`
}

/** Is this the password that was hashed? Takes the same time for a wrong one as for the right one. */
export async function passwordMatches(password: string, hash: string): Promise<boolean> {
  const [, cost, salt = '', key = ''] = hash.split(':')
  const expected = Buffer.from(key, 'base64url')
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64url'), Number(cost)), expected)
}

function derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, { cost }, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
