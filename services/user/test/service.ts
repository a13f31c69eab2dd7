import { testService, type TestService } from '@tikitu/runtime/testing'
import type { CognitoConfig } from '@tikitu/runtime/cognito'
import { userService } from '../src/service.ts'

/** A pool that nobody asks: for tests in which nobody registers. */
const NO_POOL: CognitoConfig = {
  userPoolId: 'eu-west-1_Nobody1',
  clientIds: ['none'],
  jwksOrigin: 'http://127.0.0.1:1',
}

/** The user service over a database of its own. */
export function startUserService(cognito: CognitoConfig = NO_POOL): Promise<TestService> {
  return testService(userService({ cognito, refreshDays: 30 }))
}
