import { Client } from 'pg'

/** The databases of test files that failed in the last run of this server. */
export async function keptDatabases(adminUrl: string): Promise<string[]> {
  return asAdmin(adminUrl, async (admin) => {
    const { rows } = await admin.query<{ datname: string }>(
      `select datname from pg_database where datname like 'test\\_%' order by 1`,
    )
    return rows.map(({ datname }) => datname)
  })
}

/** Drops them: they are kept until the next run, not for ever. */
export async function dropKeptDatabases(adminUrl: string): Promise<void> {
  const names = await keptDatabases(adminUrl)
  await asAdmin(adminUrl, async (admin) => {
    for (const name of names) await admin.query(`drop database "${name}" with (force)`)
  })
}

async function asAdmin<Result>(adminUrl: string, use: (admin: Client) => Promise<Result>): Promise<Result> {
  const admin = new Client({ connectionString: adminUrl })
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.end()
  }
}
