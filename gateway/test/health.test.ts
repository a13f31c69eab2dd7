import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type RunningGateway, type TestGateway } from './gateway.ts'

let gateway: TestGateway
let production: RunningGateway
beforeAll(async () => {
  gateway = await startTestGateway()
  production = await gateway.startAnother({ ...gateway.config, environment: 'production' })
})
afterAll(() => gateway.close())

const health = ({ url }: RunningGateway, headers: Record<string, string> = {}) => fetch(`${url}/health`, { headers })

describe('/health', () => {
  it('tells programs how every service is, and what waits too long', async () => {
    const response = await health(gateway)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      status: 'ok',
      services: {
        booking: {
          status: 'late',
          milliseconds: expect.any(Number),
          details: {
            version: '9.8.7',
            databaseMilliseconds: 3,
            events: { inBroker: 7, unhandled: { count: 4, oldestSeconds: 61 } },
          },
        },
      },
    })
  })

  it('is a page for people', async () => {
    const response = await health(gateway, { accept: 'text/html,*/*' })
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await response.text()).toMatch(
      /<td>booking<\/td><td class="late">late<\/td>.*9\.8\.7.*<td>7<\/td><td>4, for 61 s/,
    )
  })

  it('gives strangers no details in production, and admins all of them', async () => {
    expect(await (await health(production)).text()).not.toMatch(/9\.8\.7|late/)
    expect(await (await health(production, { accept: 'text/html' })).text()).not.toMatch(/9\.8\.7|Database/)
    const buyer = await gateway.pool.accessToken({ sub: 'sub-bob' })
    expect(await (await health(production, { authorization: `Bearer ${buyer}` })).text()).not.toContain('9.8.7')
    const admin = await gateway.pool.accessToken({ sub: 'sub-ada', 'cognito:groups': ['admin'] })
    expect(await (await health(production, { authorization: `Bearer ${admin}` })).text()).toContain('9.8.7')
  })

  it('is 503 when a service does not answer', async () => {
    await gateway.subgraphs.stop('payment')
    const response = await health(gateway)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      status: 'unavailable',
      services: { payment: { status: 'unavailable' }, user: { status: 'late' } },
    })
    await gateway.subgraphs.start('payment')
  })
})
