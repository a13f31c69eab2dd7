import { randomUUID } from 'node:crypto'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSignFor } from '@tikitu/local/sign-for'
import { newId } from '@tikitu/runtime/ids'
import pg from 'pg'

/** How many sign in at once. */
const TOGETHER = 500

/**
 * Signs in so many buyers with accounts of their own, and writes their access tokens into a file, one in each line.
 * They are signed as the pool signs them and written into the table of users as if they had registered: to sign up by
 * password would take a second for four of them.
 */
export async function signInBuyers(
  count: number,
  { dataDir, usersUrl, file, say }: { dataDir: string; usersUrl: string; file: string; say: (text: string) => void },
): Promise<void> {
  const signFor = await openSignFor(join(dataDir, 'cognito'))
  const users = new pg.Client({ connectionString: usersUrl })
  await users.connect()
  writeFileSync(file, '')
  try {
    for (let done = 0; done < count; done += TOGETHER) {
      const subjects = Array.from({ length: Math.min(TOGETHER, count - done) }, () => randomUUID())
      await users.query(
        `insert into users (id, cognito_sub, email, is_email_verified, sign_up_at, last_seen_at, signed_in_at, identity_provider, claims_at)
         select id, subject, subject || '@example.com', true, now(), now(), now(), 'Cognito', now()
           from unnest($1::uuid[], $2::text[]) as buyer (id, subject)`,
        [subjects.map(() => newId()), subjects],
      )
      appendFileSync(file, `${(await signFor(subjects)).join('\n')}\n`)
      if (done % (TOGETHER * 20) === 0 && done > 0) say(`${done} of ${count} buyers have signed in`)
    }
  } finally {
    await users.end()
  }
}
