import type { PlanNode } from '@graphql-hive/router-query-planner'
import { compileBatch, compileFlatten } from './entities.ts'
import { compileRootFetch } from './fetch.ts'
import type { SharedUpstream } from './in-flight.ts'
import type { PossibleTypes } from './path.ts'
import type { Step } from './run.ts'

/** What a plan is carried out over. */
export interface PlanContext {
  /** By the name of the subgraph in the supergraph. */
  readonly upstreams: ReadonlyMap<string, SharedUpstream>
  readonly possibleTypes: PossibleTypes
}

/**
 * Compiles a plan, or throws when it has a node that nothing here can carry out. `relays` lets a single fetch pass its
 * bytes on as the client's answer.
 */
export function compilePlan(node: PlanNode, context: PlanContext, relays = false): Step {
  switch (node.kind) {
    case 'Fetch':
      return compileRootFetch(node, upstreamOf(node.serviceName, context), relays)
    case 'BatchFetch':
      return compileBatch(node, upstreamOf(node.serviceName, context), context.possibleTypes)
    case 'Flatten':
      if (node.node.kind !== 'Fetch') break
      return compileFlatten(node, node.node, upstreamOf(node.node.serviceName, context), context.possibleTypes)
    case 'Sequence': {
      const steps = node.nodes.map((step) => compilePlan(step, context))
      return async (run) => {
        for (const step of steps) await step(run)
      }
    }
    case 'Parallel': {
      const steps = node.nodes.map((step) => compilePlan(step, context))
      return async (run) => {
        await Promise.all(steps.map((step) => step(run)))
      }
    }
    case 'Condition': {
      const whenTrue = node.ifClause && compilePlan(node.ifClause, context)
      const whenFalse = node.elseClause && compilePlan(node.elseClause, context)
      return async (run) => {
        await (run.variables[node.condition] === true ? whenTrue : whenFalse)?.(run)
      }
    }
    case 'Subscription':
      // Its events are in `run.data` when the rest begins.
      return async () => {}
    case 'Defer':
  }
  throw new Error(`the plan has a ${node.kind}, which nothing here can carry out`)
}

function upstreamOf(name: string, { upstreams }: PlanContext): SharedUpstream {
  const upstream = upstreams.get(name)
  if (!upstream) throw new Error(`the supergraph names the subgraph ${name}, which there is not`)
  return upstream
}
