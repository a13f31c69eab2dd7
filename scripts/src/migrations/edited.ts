import { run } from '../repository.ts'

/**
 * Migrations that were changed or removed although others have them already: since this branch left `origin/main`, or
 * since the last commit where there is no such branch. A database that ran the old text would never get the new one.
 */
export async function editedMigrations(checkout: string): Promise<string[]> {
  const base = await run('git', ['merge-base', 'HEAD', 'origin/main'], { cwd: checkout })
  const since = base.code === 0 ? base.output.trim() : 'HEAD'
  const { code, output } = await run(
    'git',
    ['diff', '--name-only', '--diff-filter=MDR', '--no-renames', since, '--', 'drizzle'],
    { cwd: checkout },
  )
  if (code !== 0) throw new Error(`git cannot compare the migrations:\n${output}`)
  return output.split('\n').filter((file) => file !== '' && !file.endsWith('/meta/_journal.json'))
}
