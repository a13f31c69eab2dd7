import { GraphQLError } from 'graphql'
import type { Aliases } from '../engine.ts'
import type { Run } from './run.ts'

/** Gives the paths of what went wrong the client's aliases instead of the document's. */
export function renameErrors({ errors }: Run, aliases: Aliases): void {
  const renamed = errors.map((error) => {
    if (!error.path) return error
    const path = error.path.map((step) => (typeof step === 'string' ? (aliases.get(step) ?? step) : step))
    return new GraphQLError(error.message, { originalError: error.originalError, path })
  })
  errors.splice(0, errors.length, ...renamed)
}
