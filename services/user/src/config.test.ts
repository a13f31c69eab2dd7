import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const good = {
  DATABASE_URL_USER: 'postgres://tikitu_user:secret@127.0.0.1:5432/user_db',
  IDENTITY_SECRET: 'a secret that is long enough for everybody',
  COGNITO_USER_POOL_ID: 'eu-west-1_a1B2c3D4e',
  COGNITO_CLIENT_IDS: 'web',
}

describe('the configuration of the user service', () => {
  it.each(['DATABASE_URL_USER', 'IDENTITY_SECRET', 'COGNITO_USER_POOL_ID', 'COGNITO_CLIENT_IDS'])(
    'names %s when it is missing',
    (variable) => {
      expect(() => readConfig({ ...good, [variable]: undefined })).toThrow(
        expect.objectContaining({ name: 'ConfigurationError', variables: [variable] }),
      )
    },
  )

  it.each(['0', '3651', '1.5', 'a month'])('names COGNITO_REFRESH_DAYS when it is %j', (days) => {
    expect(() => readConfig({ ...good, COGNITO_REFRESH_DAYS: days })).toThrow(
      expect.objectContaining({ name: 'ConfigurationError', variables: ['COGNITO_REFRESH_DAYS'] }),
    )
  })

  it('remembers sign-outs for as long as Cognito refreshes sign-ins unless it is told otherwise', () => {
    expect(readConfig(good).refreshDays).toBe(30)
    expect(readConfig({ ...good, COGNITO_REFRESH_DAYS: '90' }).refreshDays).toBe(90)
  })

  it('says where the service listens and whose tokens it believes', () => {
    expect(readConfig({ ...good, PORT_BASE: '4200' })).toMatchObject({
      service: 'user',
      port: 4206,
      cognito: { userPoolId: 'eu-west-1_a1B2c3D4e', clientIds: ['web'], jwksOrigin: null },
    })
  })
})
