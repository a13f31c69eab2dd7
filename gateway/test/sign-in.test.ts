import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type RunningGateway, type TestGateway } from './gateway.ts'

let gateway: TestGateway
let production: RunningGateway
beforeAll(async () => {
  gateway = await startTestGateway()
  production = await gateway.startAnother({ ...gateway.config, environment: 'production' })
})
afterAll(() => gateway.close())

const signIn = (token: string | undefined) =>
  fetch(`${production.url}/graphiql/session`, {
    method: 'POST',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })
const page = (cookie: string) => fetch(`${production.url}/graphiql`, { headers: { cookie } })

describe('GraphiQL in production', () => {
  it.each([
    ['an admin', { sub: 'sub-ada', 'cognito:groups': ['admin'] }],
    ['a partner', { sub: 'sub-bob', 'cognito:groups': ['partner'] }],
  ])('is shown to %s who has signed in, in a cookie for it alone', async (_, claims) => {
    const response = await signIn(await gateway.pool.accessToken(claims))
    expect(response.status).toBe(204)
    const [cookie = '', ...attributes] = (response.headers.get('set-cookie') ?? '').split('; ')
    expect(attributes).toEqual(expect.arrayContaining(['Path=/graphiql', 'HttpOnly', 'Secure', 'SameSite=Strict']))
    const shown = await page(cookie)
    expect(shown.status).toBe(200)
    expect(await shown.text()).toContain('RURU_CONFIG')
  })

  it('is a page to sign in for everybody else, which runs its own script alone', async () => {
    const buyer = await gateway.pool.accessToken({ sub: 'sub-ada' })
    for (const cookie of ['', 'tikitu_graphiql=', 'tikitu_graphiql=nonsense', `tikitu_graphiql=${buyer}`]) {
      const response = await page(cookie)
      expect(response.status).toBe(401)
      expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none';script-src 'sha256-[^';]+'/)
      expect(await response.text()).not.toMatch(/RURU_CONFIG|events/)
    }
  })

  it('is not for buyers, strangers and bad tokens', async () => {
    expect((await signIn(await gateway.pool.accessToken({ sub: 'sub-ada' }))).status).toBe(403)
    expect((await signIn(undefined)).status).toBe(403)
    expect((await signIn('nonsense')).status).toBe(401)
  })
})
