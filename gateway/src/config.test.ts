import { ConfigurationError } from '@tikitu/runtime/config'
import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const enough = {
  IDENTITY_SECRET: 'x'.repeat(32),
  COGNITO_USER_POOL_ID: 'eu-west-1_TestPool1',
  COGNITO_CLIENT_IDS: 'oneclient',
}

describe('the settings of the gateway', () => {
  it('have a default where there can be one', () => {
    const config = readConfig({ ...enough, PORT_BASE: '4000' })
    expect(config).toMatchObject({
      port: 4000,
      environment: 'development',
      corsOrigins: [],
      bodyBytesMax: 262_144,
      queryLimits: { depthMax: 12 },
      serviceUrls: { admin: 'http://127.0.0.1:4001', user: 'http://127.0.0.1:4006' },
    })
  })

  it('name the address of each service', () => {
    const config = readConfig({
      ...enough,
      SERVICE_URL_BOOKING: 'https://booking.internal',
      CORS_ORIGINS: 'https://a.b,https://c.d',
    })
    expect(config.serviceUrls).toMatchObject({ booking: 'https://booking.internal', user: 'http://127.0.0.1:3006' })
    expect(config.corsOrigins).toEqual(['https://a.b', 'https://c.d'])
  })

  it('name the proxies that are trusted, and what callers may spend', () => {
    const config = readConfig({
      ...enough,
      TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32,192.0.2.1',
      BUDGET_MACHINE_POINTS: '7',
      BUDGET_MACHINE_POINTS_PER_SECOND: '3',
    })
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'])
    expect(config.costLimits).toMatchObject({
      operationMax: 10_000,
      machine: { points: 7, pointsPerSecond: 3 },
      user: { points: 30_000, pointsPerSecond: 1_000 },
    })
  })

  it.each<[string, Record<string, string>]>([
    ['IDENTITY_SECRET', { IDENTITY_SECRET: 'short' }],
    ['COGNITO_USER_POOL_ID', { COGNITO_USER_POOL_ID: '' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://a.b/path' }],
    ['SERVICE_URL_USER', { SERVICE_URL_USER: 'http://user/graphql' }],
    ['SERVICE_URL_USER', { SERVICE_URL_USER: 'user:3006' }],
    ['BODY_BYTES_MAX', { BODY_BYTES_MAX: 'large' }],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.0/33' }],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.0/8,everybody' }],
    ['BUDGET_USER_POINTS_PER_SECOND', { BUDGET_USER_POINTS_PER_SECOND: '0' }],
    ['QUERY_DEPTH_MAX', { QUERY_DEPTH_MAX: '0' }],
    ['COGNITO_JWKS_ORIGIN', { COGNITO_JWKS_ORIGIN: 'http://127.0.0.1:3011', NODE_ENV: 'production' }],
  ])('that are wrong are named: %s', (variable, env) => {
    const read = () => readConfig({ ...enough, ...env })
    expect(read).toThrow(ConfigurationError)
    expect(read).toThrow(`${variable}: `)
  })
})
