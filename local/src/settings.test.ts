import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings, REPOSITORY } from './settings.ts'

const bookingUrl = 'postgres://tikitu_booking:secret@db.example.com:5432/booking_db'

describe('settings', () => {
  it('need nothing: a fresh clone has a whole system on ports 3000 to 3014', () => {
    const settings = readSettings({})
    expect(settings.ports).toEqual({
      gateway: 3000,
      admin: 3001,
      partner: 3002,
      payment: 3003,
      notification: 3004,
      booking: 3005,
      user: 3006,
      postgres: 3010,
      issuer: 3011,
      smtp: 3012,
      inbox: 3013,
      sandbox: 3014,
    })
    expect(settings.dataDir).toBe(join(REPOSITORY, '.data'))
    expect(settings.externalDatabases).toEqual({})
    expect(settings.cognito.localOrigin).toBe('http://127.0.0.1:3011')
  })

  it('take an empty variable for a missing one', () => {
    expect(readSettings({ PORT_BASE: '', DATABASE_URL_BOOKING: '', COGNITO_USER_POOL_ID: '' })).toEqual(
      readSettings({}),
    )
  })

  it('switch one database by one variable', () => {
    expect(readSettings({ DATABASE_URL_BOOKING: bookingUrl }).externalDatabases).toEqual({
      booking: { url: bookingUrl, relayUrl: bookingUrl },
    })
    const relayUrl = bookingUrl.replace('tikitu_booking', 'tikitu_relay')
    expect(readSettings({ DATABASE_URL_BOOKING: bookingUrl, RELAY_URL_BOOKING: relayUrl }).externalDatabases).toEqual({
      booking: { url: bookingUrl, relayUrl },
    })
  })

  it('take a real user pool with its clients', () => {
    const env = { COGNITO_USER_POOL_ID: 'eu-west-1_AbCdEfGhI', COGNITO_CLIENT_IDS: 'one, two' }
    expect(readSettings(env).cognito).toEqual({
      userPoolId: 'eu-west-1_AbCdEfGhI',
      clientIds: ['one', 'two'],
      localOrigin: undefined,
    })
  })

  it.each([
    ['PORT_BASE', { PORT_BASE: 'soon' }, /PORT_BASE: expected a port number/],
    ['PORT_BASE', { PORT_BASE: '80' }, /PORT_BASE: expected at least 1024/],
    ['PORT_BASE', { PORT_BASE: '65530' }, /PORT_BASE: expected at most 65521/],
    [
      'DATABASE_URL_BOOKING',
      { DATABASE_URL_BOOKING: 'mysql://localhost/x' },
      /DATABASE_URL_BOOKING: expected postgres:/,
    ],
    ['NODE_ENV', { NODE_ENV: 'prod' }, /NODE_ENV: expected development, production or test/],
    ['NODE_ENV', { NODE_ENV: 'production' }, /NODE_ENV: production needs a real user pool \(COGNITO_USER_POOL_ID\)/],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }, /LOG_LEVEL: expected fatal, error/],
    ['IDENTITY_SECRET', { IDENTITY_SECRET: 'short' }, /IDENTITY_SECRET: expected at least 32 characters/],
    ['COGNITO_USER_POOL_ID', { COGNITO_USER_POOL_ID: 'mine' }, /COGNITO_USER_POOL_ID: expected a user pool id/],
    ['COGNITO_CLIENT_IDS', { COGNITO_USER_POOL_ID: 'eu-west-1_A' }, /COGNITO_CLIENT_IDS: expected the app clients/],
    ['SMTP_URL', { SMTP_URL: 'mail.example.com' }, /SMTP_URL: expected smtp:/],
  ])('name %s and what was expected when it is %o', (_, env, message) => {
    expect(() => readSettings(env)).toThrow(message)
  })

  it('name all that is wrong at once', () => {
    expect(() => readSettings({ PORT_BASE: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT_BASE[^]*LOG_LEVEL/)
  })
})
