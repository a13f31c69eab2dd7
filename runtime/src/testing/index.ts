/** What tests of services and of the runtime itself share. Production code never imports it. */
export { testDatabase, type TestDatabase } from './database.ts'
export { aMachine, anAdmin, aPartnerUser, aService, aStranger, aUser, nobody } from './identities.ts'
export { TEST_IDENTITY_SECRET, testService, waitFor, type GraphAnswer, type TestService } from './service.ts'
