import { newId } from '@tikitu/runtime/ids'
import { expect, test } from 'vitest'
import { bearerSecrets, hashOfBearer, isSecret, readBearer } from './bearer.ts'

const secrets = bearerSecrets('a secret of more than thirty-two characters')
const id = newId()

test('what is no secret of the kind is not read', () => {
  const device = secrets('device', id)
  for (const text of [
    '',
    'tkdev_',
    `${device}A`,
    device.slice(0, -1),
    device.replace('_', ' '),
    `${device}\n`,
    '\u0000',
  ])
    expect(readBearer('device', text)).toBeNull()
  expect(readBearer('transfer', device)).toBeNull()
})

test('a secret with any character changed is not the one that was kept', () => {
  const device = secrets('device', id)
  const kept = hashOfBearer(device)
  for (let at = 'tkdev_'.length; at < device.length; at++) {
    const changed = device.slice(0, at) + (device[at] === 'A' ? 'B' : 'A') + device.slice(at + 1)
    const brought = readBearer('device', changed)
    expect(brought !== null && isSecret(brought, kept)).toBe(false)
  }
})

test('a secret names what it belongs to, and is good against its own hash and no other', () => {
  const brought = readBearer('transfer', secrets('transfer', id))
  if (!brought) throw new Error('it was not read')
  expect(brought.id).toBe(id)
  expect(isSecret(brought, hashOfBearer(secrets('transfer', id)))).toBe(true)
  expect(isSecret(brought, hashOfBearer(secrets('transfer', newId())))).toBe(false)
  expect(isSecret(brought, null)).toBe(false)
})

test('each kind, id and service secret has another, and asking again gives the same', () => {
  const another = bearerSecrets('another secret of more than thirty-two')
  expect(secrets('device', id)).toBe(secrets('device', id))
  const all = [secrets('device', id), secrets('deviceToken', id), secrets('device', newId()), another('device', id)]
  expect(new Set(all.map((text) => text.slice(text.indexOf('_')))).size).toBe(4)
})
