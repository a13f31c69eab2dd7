import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '@tikitu/runtime/config'
import { readConfig } from './config.ts'

const sound = {
  DATABASE_URL_PARTNER: 'postgres://tikitu_partner@127.0.0.1/partner_db',
  IDENTITY_SECRET: 'x'.repeat(32),
  COGNITO_USER_POOL_ID: 'eu-central-1_AbCdEfGhI',
}
const local = { COGNITO_ENDPOINT: 'http://127.0.0.1:3011', COGNITO_ADMIN_SECRET: 'y'.repeat(32) }

function variablesRefused(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.variables
    throw error
  }
}

describe('the configuration', () => {
  it.each<[what: string, NodeJS.ProcessEnv, refused: string[]]>([
    ['no user pool', { ...sound, COGNITO_USER_POOL_ID: '' }, ['COGNITO_USER_POOL_ID']],
    ['a user pool without a region', { ...sound, COGNITO_USER_POOL_ID: 'AbCdEfGhI' }, ['COGNITO_USER_POOL_ID']],
    [
      'an issuer somewhere else',
      { ...sound, ...local, COGNITO_ENDPOINT: 'http://issuer.example' },
      ['COGNITO_ENDPOINT'],
    ],
    ['an issuer in production', { ...sound, ...local, NODE_ENV: 'production' }, ['COGNITO_ENDPOINT']],
    ['an issuer without its secret', { ...sound, ...local, COGNITO_ADMIN_SECRET: undefined }, ['COGNITO_ADMIN_SECRET']],
    ['a short secret', { ...sound, ...local, COGNITO_ADMIN_SECRET: 'short' }, ['COGNITO_ADMIN_SECRET']],
  ])('with %s is refused by name', (_what, env, refused) => {
    expect(variablesRefused(env)).toEqual(refused)
  })

  it('means Amazon Cognito, unless it names the development issuer', () => {
    expect(readConfig({ ...sound, NODE_ENV: 'production' }).userPool).toEqual({
      userPoolId: 'eu-central-1_AbCdEfGhI',
      local: null,
    })
    expect(readConfig({ ...sound, ...local }).userPool.local).toEqual({
      endpoint: 'http://127.0.0.1:3011',
      adminSecret: 'y'.repeat(32),
    })
  })
})
