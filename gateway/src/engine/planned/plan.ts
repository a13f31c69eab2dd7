import type { PlanNode } from '@graphql-hive/router-query-planner'
import { compileBatch, compileFlatten } from './entities.ts'
import { compileRootFetch } from './fetch.ts'
import type { PossibleTypes } from './path.ts'
import type { Step } from './run.ts'
import type { Upstream } from './upstream.ts'

/** What a plan is carried out over. */
export interface PlanContext {
  /** By the name of the subgraph in the supergraph. */
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly possibleTypes: PossibleTypes
}

/** Compiles a plan, or throws when it has a node that nothing here can carry out. */
export function compilePlan(node: PlanNode, context: PlanContext): Step {
  switch (node.kind) {
    case 'Fetch':
      return compileRootFetch(node, upstreamOf(node.serviceName, context))
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
    case 'Defer':
  }
  throw new Error(`the plan has a ${node.kind}, which nothing here can carry out`)
}

function upstreamOf(name: string, { upstreams }: PlanContext): Upstream {
  const upstream = upstreams.get(name)
  if (!upstream) throw new Error(`the supergraph names the subgraph ${name}, which there is not`)
  return upstream
}
