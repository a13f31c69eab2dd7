import { relative } from 'node:path'
import { DEMO_PASSWORD, demoAccounts } from '../cognito/demo-accounts.ts'
import type { Settings } from '../settings.ts'

/** What a person needs to know when the system is ready. */
export function readyBlock(
  settings: Settings,
  { seconds, embeddedPort }: { seconds: number; embeddedPort: number | undefined },
): string {
  const { ports, cognito, dataDir } = settings
  const below = relative(process.cwd(), dataDir)
  const data = below.startsWith('..') ? dataDir : below
  const local = cognito.localOrigin !== undefined
  return [
    '',
    `Tikitu is ready, after ${seconds.toFixed(1)} s.`,
    '',
    ['GraphQL', `http://localhost:${ports.gateway}/graphql`],
    ['GraphiQL', `http://localhost:${ports.gateway}/graphiql`],
    ...(local
      ? [
          [
            'Accounts',
            `${Object.values(demoAccounts)
              .map(({ email }) => email)
              .join(', ')}; password ${DEMO_PASSWORD}`,
          ],
          [
            'Token',
            'pnpm run token buyer   (or rival, promoter, operator, machine), sent as "Authorization: Bearer …"',
          ],
        ]
      : [['Accounts', `those of the user pool ${cognito.userPoolId}`]]),
    ['Mail', settings.smtpUrl === undefined ? `http://localhost:${ports.inbox}` : 'goes to SMTP_URL'],
    ['Databases', embeddedPort === undefined ? 'at DATABASE_URL_*' : `PostgreSQL 18 on 127.0.0.1:${embeddedPort}`],
    ['Data', `${data}, with logs in ${data}/logs; remove it to begin anew`],
    ['Stop', 'Ctrl-C'],
    '',
  ]
    .map((line) => (Array.isArray(line) ? `  ${(line[0] ?? '').padEnd(10)} ${line[1] ?? ''}` : line))
    .join('\n')
}
