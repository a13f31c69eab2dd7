import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startIssuer, type Issuer } from '@tikitu/local/cognito'
import { demoAccounts, demoMachine } from '@tikitu/local/demo-accounts'
import { freePortBase } from '@tikitu/local/ports'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tokenCommand } from './token-command.ts'

let dataDir: string
let portBase: number
let issuer: Issuer

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tikitu-token-test-'))
  portBase = await freePortBase()
  issuer = await startIssuer({ dataDir, port: portBase + 11, adminSecret: 'x'.repeat(32), nodeEnv: 'test' })
})
afterAll(async () => {
  await issuer.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const claims = (token = '') =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

async function run(args: string[], env: Record<string, string> = {}) {
  const tokens: string[] = []
  const complaints: string[] = []
  const code = await tokenCommand(
    args,
    { PORT_BASE: String(portBase), DATA_DIR: dataDir, ...env },
    { print: (token) => tokens.push(token), complain: (text) => complaints.push(text) },
  )
  return { code, tokens, complaints: complaints.join('\n') }
}

describe('a token', () => {
  it.each(['buyer', 'rival', 'promoter', 'operator'] as const)(
    'of %s is an access token with their groups',
    async (name) => {
      const { code, tokens, complaints } = await run([name])
      expect([code, tokens.length, complaints]).toEqual([0, 1, ''])
      expect(claims(tokens[0])).toMatchObject({
        sub: demoAccounts[name].sub,
        token_use: 'access',
        'cognito:groups': demoAccounts[name].groups,
      })
    },
  )

  it('is the id token when asked for that', async () => {
    const { tokens } = await run(['buyer', '--id'])
    expect(claims(tokens[0])).toMatchObject({ token_use: 'id', email: 'buyer@example.com' })
  })

  it('of the machine has its scopes', async () => {
    const { tokens } = await run(['machine'])
    expect(claims(tokens[0])).toMatchObject({
      client_id: demoMachine.clientId,
      scope: demoMachine.scopes.join(' '),
    })
  })
})

describe('what cannot be had is explained, with exit code 1 and nothing printed', () => {
  it.each([
    [[], /Usage: .*buyer, rival, promoter, operator, machine/],
    [['stranger'], /Usage:/],
    [['toString'], /Usage:/],
    [['--new', 'many'], /--new: expected a whole number/],
    [['--new', '2', '--group', 'gods'], /--group: expected one of user, partner, admin/],
    [['--new', '2'], /DATA_DIR: no system was ever started/],
    [['--wrong'], /--wrong/],
  ])('%j', async (args, complaint) => {
    const { code, tokens, complaints } = await run(args)
    expect([code, tokens]).toEqual([1, []])
    expect(complaints).toMatch(complaint)
  })

  it('when no system runs', async () => {
    const { code, complaints } = await run(['buyer'], { PORT_BASE: String(await freePortBase()) })
    expect(code).toBe(1)
    expect(complaints).toMatch(/pnpm start.*PORT_BASE and DATA_DIR/)
  })

  it('when the user pool is a real one', async () => {
    const { complaints } = await run(['buyer'], { COGNITO_USER_POOL_ID: 'eu-west-1_A', COGNITO_CLIENT_IDS: 'one' })
    expect(complaints).toMatch(/COGNITO_USER_POOL_ID is set/)
  })
})
