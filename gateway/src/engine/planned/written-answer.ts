import type { Aliases, EngineOptions } from '../engine.ts'
import { answeredErrors } from './answered.ts'
import type { JsonObject } from './json.ts'
import type { PlannedOperation } from './operation.ts'
import { withExtensions } from './relay.ts'
import { renameErrors } from './rename.ts'
import type { Run } from './run.ts'

/** What of an answer is not in the run. */
export interface AnswerParts extends Pick<EngineOptions, 'formatErrors'> {
  /** What graphql-js said about the schema itself. */
  readonly execution?: { readonly data?: JsonObject | null; readonly errors?: readonly Error[] }
  /** The client's alias for each alias of the document. */
  readonly aliases: Aliases
  /** JSON. */
  readonly extensions: string
}

/** Writes the client's answer as JSON. */
export function writeAnswer(
  operation: PlannedOperation,
  run: Run,
  { execution, aliases, extensions, formatErrors }: AnswerParts,
): string {
  if (run.relayed) return withExtensions(run.relayed, extensions)
  // What graphql-js said takes its place among the rest.
  const answered = execution?.data ? { ...run.data, ...execution.data } : run.data
  const data = operation.write(answered, run.variables, aliases.size > 0 ? aliases : undefined)
  if (aliases.size > 0) renameErrors(run, aliases)
  const failed = [...(execution?.errors ?? []), ...answeredErrors(run.errors, data)]
  const errors = failed.length > 0 ? formatErrors(failed, run.caller) : []
  const wrong = errors.length > 0 ? `,"errors":${JSON.stringify(errors)}` : ''
  return `{"data":${data}${wrong},"extensions":${extensions}}`
}
