import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const good = {
  DATABASE_URL_ADMIN: 'postgres://tikitu_admin:secret@127.0.0.1:5432/admin_db',
  IDENTITY_SECRET: 'a secret that is long enough for everybody',
}
const bootstrap = {
  ADMIN_BOOTSTRAP_SUBJECT: '0e2c1f5e-7c1a-4b1e-9d51-6f1f3c1d2b3a',
  ADMIN_BOOTSTRAP_EMAIL: 'operator@tikitu.example',
  ADMIN_BOOTSTRAP_NAME: 'Operator',
}

describe('the configuration of the admin service', () => {
  it.each(['ADMIN_BOOTSTRAP_SUBJECT', 'ADMIN_BOOTSTRAP_EMAIL', 'ADMIN_BOOTSTRAP_NAME'])(
    'names %s when the others are set',
    (variable) => {
      expect(() => readConfig({ ...good, ...bootstrap, [variable]: undefined })).toThrow(
        expect.objectContaining({ name: 'ConfigurationError', variables: [variable] }),
      )
    },
  )

  it.each([
    ['ADMIN_BOOTSTRAP_EMAIL', 'nonsense'],
    ['ADMIN_BOOTSTRAP_NAME', 'x'.repeat(201)],
    ['ADMIN_BOOTSTRAP_SUBJECT', 'x'.repeat(129)],
    ['DATABASE_URL_ADMIN', 'mysql://elsewhere'],
  ])('names %s when it is malformed', (variable, value) => {
    expect(() => readConfig({ ...good, ...bootstrap, [variable]: value })).toThrow(
      expect.objectContaining({ variables: [variable] }),
    )
  })

  it('says who becomes SUPER_ADMIN, if anybody', () => {
    expect(readConfig(good).bootstrap).toBeNull()
    expect(readConfig({ ...good, ...bootstrap }).bootstrap).toEqual({
      subject: bootstrap.ADMIN_BOOTSTRAP_SUBJECT,
      email: bootstrap.ADMIN_BOOTSTRAP_EMAIL,
      name: 'Operator',
    })
  })
})
