import type { GraphQLError } from 'graphql'
import type { Caller } from '../engine.ts'
import type { JsonObject } from './json.ts'

/** One execution of a plan. */
export interface Run {
  readonly caller: Caller
  /** What the subgraphs have answered so far, merged. */
  readonly data: JsonObject
  /** What went wrong so far, at paths of the client's operation. */
  readonly errors: GraphQLError[]
  /** The client's answer as a subgraph wrote it, when it has nothing but data and nothing is to be changed. */
  relayed?: Buffer
  /** As the client sent them, with the defaults of the operation. */
  readonly variables: Readonly<Record<string, unknown>>
}

/** A part of a plan. It fails only when the plan itself is wrong; a subgraph that fails is an entry of `run.errors`. */
export type Step = (run: Run) => Promise<void>
