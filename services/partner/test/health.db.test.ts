import { beforeAll, expect, it } from 'vitest'
import { anAdmin, aService, aUser, nobody, type TestService } from '@tikitu/runtime/testing'
import { HEALTH_PATH, serviceHealth } from '@tikitu/schema/health'
import { partnerService } from './build.ts'

let service: TestService
beforeAll(async () => {
  service = await partnerService()
})

it('a service tells our own services alone how it is, in numbers', async () => {
  const { status, body } = await service.get(aService(), HEALTH_PATH)
  expect(status).toBe(200)
  expect(serviceHealth.strict().parse(body).events).toMatchObject({ dead: 0, failing: 0 })

  expect((await service.get(null, HEALTH_PATH)).status).toBe(401)
  for (const identity of [nobody(), aUser(), anAdmin()]) {
    expect((await service.get(identity, HEALTH_PATH)).status).toBe(403)
  }
})
