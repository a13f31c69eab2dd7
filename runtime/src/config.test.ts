import { describe, expect, it } from 'vitest'
import { ConfigurationError, readServiceConfig, readServiceUrls } from './config.ts'

const complete = {
  DATABASE_URL_BOOKING: 'postgres://tikitu:secret-password@127.0.0.1:5432/booking_db',
  IDENTITY_SECRET: 'x'.repeat(32),
}

describe('the configuration of a service', () => {
  it('needs a database and a secret, and has an answer for everything else', () => {
    expect(readServiceConfig('booking', complete)).toMatchObject({
      port: 3005,
      host: '127.0.0.1',
      environment: 'development',
      relayUrls: {},
    })
  })

  it('counts its port from the gateway’s, unless it is told one', () => {
    expect(readServiceConfig('booking', { ...complete, PORT_BASE: '4000' }).port).toBe(4005)
    expect(readServiceConfig('booking', { ...complete, PORT_BOOKING: '9999' }).port).toBe(9999)
  })

  it('names everything that is wrong, with what was expected and without any value', () => {
    const wrong = {
      DATABASE_URL_BOOKING: 'mysql://secret-password',
      PORT_BASE: 'many',
      NODE_ENV: 'staging',
      IDENTITY_SECRET: '',
    }
    const read = () => readServiceConfig('booking', wrong)
    expect(read).toThrow(ConfigurationError)
    expect(read).toThrow(/DATABASE_URL_BOOKING: expected postgres:/)
    expect(read).toThrow(/PORT_BASE: expected a port/)
    expect(read).toThrow(/NODE_ENV: expected development, test or production/)
    expect(read).toThrow(/IDENTITY_SECRET: is missing/)
    expect(read).not.toThrow(/secret-password|staging|many/)
  })

  it('knows the ways into the inboxes of its peers', () => {
    const { relayUrls } = readServiceConfig('booking', {
      ...complete,
      RELAY_URL_USER: 'postgres://relay@127.0.0.1/user_db',
    })
    expect(relayUrls).toEqual({ user: 'postgres://relay@127.0.0.1/user_db' })
  })

  it('needs an address for the transport rabbitmq, and has none for postgres', () => {
    const rabbitmq = { ...complete, EVENT_TRANSPORT: 'rabbitmq' }
    expect(() => readServiceConfig('booking', rabbitmq)).toThrow(/RABBITMQ_URL: is missing/)
    expect(() => readServiceConfig('booking', { ...rabbitmq, RABBITMQ_URL: 'http://secret' })).toThrow(
      /RABBITMQ_URL: expected amqp:/,
    )
    expect(() => readServiceConfig('booking', { ...complete, EVENT_TRANSPORT: 'pigeon' })).toThrow(
      /EVENT_TRANSPORT: expected postgres or rabbitmq/,
    )
    const RABBITMQ_URL = 'amqp://127.0.0.1'
    expect(readServiceConfig('booking', { ...rabbitmq, RABBITMQ_URL }).rabbitmqUrl).toBe(RABBITMQ_URL)
    expect(readServiceConfig('booking', { ...complete, RABBITMQ_URL }).rabbitmqUrl).toBeUndefined()
  })

  it('finds the services by their ports, unless it is told where they are', () => {
    const urls = readServiceUrls(4000, { SERVICE_URL_USER: 'http://user.internal' })
    expect(urls).toMatchObject({ admin: 'http://127.0.0.1:4001', user: 'http://user.internal' })
    expect(() => readServiceUrls(4000, { SERVICE_URL_USER: 'http://user.internal/graphql' })).toThrow(
      /SERVICE_URL_USER/,
    )
  })
})
