import type { BatchFetchNode, FetchNode, PlanNode } from '@graphql-hive/router-query-planner'
import { compileBatch, compileFlatten, type EntityTools } from './entities.ts'
import { compileRootFetch } from './fetch.ts'
import type { SharedUpstream } from './in-flight.ts'
import type { PartReader } from './partly-read.ts'
import type { PossibleTypes } from './path.ts'
import type { Step } from './run.ts'

/** What a plan is carried out over. */
export interface PlanContext {
  /** By the name of the subgraph in the supergraph. */
  readonly upstreams: ReadonlyMap<string, SharedUpstream>
  readonly possibleTypes: PossibleTypes
}

/** Ways to pass on what a subgraph wrote without reading it. */
export interface Shortcuts {
  /** The plan is one fetch, and its answer is the client's. */
  readonly relays: boolean
  /** Read the answers of fetches of root fields in part. */
  readonly readers: ReadonlyMap<FetchNode, PartReader>
  /** The fetches of entities whose fields go into the answer as they are. */
  readonly verbatim: ReadonlySet<FetchNode | BatchFetchNode>
}

/** For plans that everything has to be read of. */
export const NO_SHORTCUTS: Shortcuts = { relays: false, readers: new Map(), verbatim: new Set() }

/**
 * Compiles a plan, or throws when it has a node that nothing here can carry out. The shortcuts are
 * those that this plan may take.
 */
export function compilePlan(node: PlanNode, context: PlanContext, shortcuts: Shortcuts): Step {
  switch (node.kind) {
    case 'Fetch':
      return compileRootFetch(node, upstreamOf(node.serviceName, context), {
        relays: shortcuts.relays,
        readPart: shortcuts.readers.get(node),
      })
    case 'BatchFetch':
      return compileBatch(node, toolsFor(node, context, shortcuts))
    case 'Flatten':
      if (node.node.kind !== 'Fetch') break
      return compileFlatten(node, node.node, toolsFor(node.node, context, shortcuts))
    case 'Sequence': {
      const steps = node.nodes.map((step) => compilePlan(step, context, shortcuts))
      return async (run) => {
        for (const step of steps) await step(run)
      }
    }
    case 'Parallel': {
      const steps = node.nodes.map((step) => compilePlan(step, context, shortcuts))
      return async (run) => {
        await Promise.all(steps.map((step) => step(run)))
      }
    }
    case 'Condition': {
      const whenTrue = node.ifClause && compilePlan(node.ifClause, context, shortcuts)
      const whenFalse = node.elseClause && compilePlan(node.elseClause, context, shortcuts)
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

function toolsFor(node: FetchNode | BatchFetchNode, context: PlanContext, { verbatim }: Shortcuts): EntityTools {
  const upstream = upstreamOf(node.serviceName, context)
  return { upstream, possibleTypes: context.possibleTypes, isVerbatim: verbatim.has(node) }
}

function upstreamOf(name: string, { upstreams }: PlanContext): SharedUpstream {
  const upstream = upstreams.get(name)
  if (!upstream) throw new Error(`the supergraph names the subgraph ${name}, which there is not`)
  return upstream
}
