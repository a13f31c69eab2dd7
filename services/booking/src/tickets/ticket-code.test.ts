import { newId } from '@tikitu/runtime/ids'
import { fc } from '@tikitu/runtime/testing/properties'
import { expect, test } from 'vitest'
import { sealOf } from './seal.ts'
import { isSignedBy, newKeyPair, readCode, writeCode } from './ticket-code.ts'

const key = newKeyPair()

test('a text that is not 116 characters of base64url is no code', () => {
  const code = writeCode(newId(), 1, key)
  for (const text of [
    '',
    'TICKET',
    code.slice(1),
    `${code}A`,
    `${code.slice(0, -1)}=`,
    `${code.slice(0, -1)}\u0000`,
    `${code}\n`,
  ])
    expect(readCode(text)).toBeNull()
})

test('a code of a later layout is not guessed at', () => {
  const bytes = Buffer.from(writeCode(newId(), 1, key), 'base64url')
  bytes[0] = 2
  expect(readCode(bytes.toString('base64url'))).toBeNull()
})

test('a code with any character changed does not verify', () => {
  const code = writeCode(newId(), 1, key)
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 115 }),
      fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '-', '_'),
      (at, character) => {
        fc.pre(code[at] !== character)
        const claim = readCode(code.slice(0, at) + character + code.slice(at + 1))
        expect(claim !== null && isSignedBy(claim, key.publicKey)).toBe(false)
      },
    ),
  )
})

test("a code verifies under its own event's key and no other", () => {
  const claim = readCode(writeCode(newId(), 1, key))
  expect(claim && isSignedBy(claim, key.publicKey)).toBe(true)
  expect(claim && isSignedBy(claim, newKeyPair().publicKey)).toBe(false)
})

test('a code names its ticket and version, and is always the same', () => {
  const id = newId()
  expect(readCode(writeCode(id, 258, key))).toMatchObject({ ticketId: id, codeVersion: 258 })
  expect(writeCode(id, 1, key)).toBe(writeCode(id, 1, key))
  expect(writeCode(id, 1, key)).not.toBe(writeCode(id, 2, key))
  expect(writeCode(id, 1, key)).toHaveLength(116)
})

test('a sealed secret opens only under its secret, for what it belongs to, and untouched', () => {
  const seal = sealOf('a secret of more than thirty-two characters')
  const sealed = seal.close(key.privateKey, 'event 1')
  expect(() => sealOf('another secret of more than thirty-two').open(sealed, 'event 1')).toThrow(
    'unable to authenticate',
  )
  expect(() => seal.open(sealed, 'event 2')).toThrow('unable to authenticate')
  const touched = Buffer.from(sealed)
  touched[30] = (touched[30] ?? 0) ^ 1
  expect(() => seal.open(touched, 'event 1')).toThrow('unable to authenticate')
  expect(seal.open(sealed, 'event 1')).toEqual(key.privateKey)
})
