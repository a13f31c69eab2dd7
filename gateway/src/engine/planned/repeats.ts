import { getVariableValues, type GraphQLSchema } from 'graphql'
import { LruMap } from '../../lru.ts'
import type { EngineOptions, RepeatRequest } from '../engine.ts'
import type { PlannedOperation } from './operation.ts'
import type { Run } from './run.ts'
import { writeAnswer } from './written-answer.ts'

/**
 * Operations that Mercurius has parsed and validated and that were executed through its hooks once. When they come again
 * nothing of what it does for each request is needed, and it took a tenth of the gateway's time: only the variables are
 * looked at, and the plan is carried out.
 */
export class Repeats {
  readonly #schema: GraphQLSchema
  readonly #formatErrors: EngineOptions['formatErrors']
  /** By document, then by name. */
  readonly #known: LruMap<string, Map<string | undefined, PlannedOperation>>

  constructor(schema: GraphQLSchema, { documentsMax, formatErrors }: EngineOptions) {
    this.#schema = schema
    this.#formatErrors = formatErrors
    this.#known = new LruMap(documentsMax)
  }

  /** An operation of a valid document is executed. What is about the schema stays with graphql-js. */
  remember(text: string, operationName: string | undefined, operation: PlannedOperation): void {
    if (operation.asksSchema) return
    const known = this.#known.get(text)
    if (known) known.set(operationName, operation)
    else this.#known.set(text, new Map([[operationName, operation]]))
  }

  /** See `Repeat`. */
  execute(request: RepeatRequest): Promise<string> | undefined {
    const operation = this.#known.get(request.text)?.get(request.operationName)
    return operation && this.#accepts(operation, request) ? this.#run(operation, request) : undefined
  }

  /** Whoever sent something else is told elsewhere what is wrong with it. */
  #accepts({ variableDefinitions }: PlannedOperation, { variables }: RepeatRequest): boolean {
    if (variableDefinitions.length === 0) return true
    return getVariableValues(this.#schema, variableDefinitions, variables, { maxErrors: 0 }).errors === undefined
  }

  async #run(operation: PlannedOperation, request: RepeatRequest): Promise<string> {
    const { caller, variables, aliases, extensions } = request
    const run: Run = { caller, data: {}, errors: [], variables: operation.withDefaults(variables) }
    await (aliases.size > 0 ? operation.executeRead : operation.execute)(run)
    return writeAnswer(operation, run, { aliases, extensions, formatErrors: this.#formatErrors })
  }
}
