import type { FetchNode, PlanNode, QueryPlanner } from '@graphql-hive/router-query-planner'
import { timeoutSignal } from '@tikitu/runtime/timeout'
import {
  getOperationAST,
  Kind,
  parse,
  valueFromASTUntyped,
  visit,
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql'
import type { Aliases } from '../engine.ts'
import { fragmentsOf, selectAlike, selectedBy, type Selected } from './alike.ts'
import { splitIntrospection } from './introspection.ts'
import type { JsonObject } from './json.ts'
import { compilePlan, NO_SHORTCUTS, type PlanContext, type Shortcuts } from './plan.ts'
import { compileProjection, type Projection } from './projection.ts'
import { eventsOf } from './event-source.ts'
import { withoutKeyAliases } from './key-aliases.ts'
import { partReaders } from './partly-read.ts'
import { renameErrors } from './rename.ts'
import type { Run, Step } from './run.ts'
import type { Fragments } from './selection.ts'
import { verbatimFetches } from './verbatim.ts'
import { wordedForPlanner } from './wording.ts'

/** An operation that can be executed any number of times. */
export interface PlannedOperation {
  /** Asks the subgraphs; of a subscription, what an event in `run.data` leaves to be asked. */
  readonly execute: Step
  /** The same without shortcuts, so that every key of the answer can be written as another. */
  readonly executeRead: Step
  /** Of a subscription: the fetch that brings the events. */
  readonly events: FetchNode | undefined
  /** What graphql-js is left with. */
  readonly local: DocumentNode
  /** Whether any of that is about the schema. */
  readonly asksSchema: boolean
  readonly variableDefinitions: readonly VariableDefinitionNode[]
  /** The client's variables with the operation's defaults. */
  withDefaults(variables: Run['variables']): Run['variables']
  /** Writes the client's answer as JSON, with the keys that `aliases` has for those of the document. */
  write(data: JsonObject, variables: Run['variables'], aliases?: Aliases): string
}

/** What operations are planned with. */
export interface OperationContext extends PlanContext {
  readonly planner: QueryPlanner
  readonly schema: GraphQLSchema
  /** What entities are known by. */
  readonly keyNames: RegExp
}

/** The plan of an operation that asks nothing. */
const NOTHING: PlanNode = { kind: 'Parallel', nodes: [] }

/**
 * Plans an operation; undefined when the gateway answers it alone, because it only asks about the schema. What is only
 * worth it when the operation comes again is done when it comes again.
 */
export async function planOperation(
  context: OperationContext,
  asked: DocumentNode,
  operationName: string | undefined,
): Promise<PlannedOperation | undefined> {
  const { document, aliases } = withoutKeyAliases(asked, context.keyNames)
  const operation = getOperationAST(document, operationName)
  const root = operation && context.schema.getRootType(operation.operation)
  if (!operation || !root) return undefined
  const fragments = fragmentsOf(document)
  const { remote, local, asksSchema } = splitIntrospection(operation, fragments, root.name)
  if (!remote) return undefined

  const node =
    (await planOf(context.planner, wordedForPlanner(context.schema, remote), operation.name?.value)) ?? NOTHING
  const switches = switchesIn(operation, fragments)
  // What is selected must be known beforehand to compare it with what is sent.
  const shortcuts = () =>
    switches.length > 0 || aliases
      ? NO_SHORTCUTS
      : shortcutsOf(node, root, selectedBy(context.schema, document, operationName), context)
  const executeRead = compilePlan(node, context, NO_SHORTCUTS)
  const planned = {
    execute:
      node.kind === 'Fetch'
        ? compilePlan(node, context, shortcuts())
        : withShortcuts(node, context, executeRead, shortcuts),
    executeRead,
    events: eventsOf(node),
    local,
    asksSchema,
    variableDefinitions: operation.variableDefinitions ?? [],
    withDefaults: compileDefaults(operation),
    write: compileWriter(context.schema, { operation, root, fragments, switches }),
  }
  return aliases ? underAliases(planned, aliases) : planned
}

/** The operation with the client's aliases for its own. */
function underAliases(planned: PlannedOperation, aliases: Aliases): PlannedOperation {
  const execute: Step = async (run) => {
    await planned.executeRead(run)
    renameErrors(run, aliases)
  }
  return {
    ...planned,
    execute,
    executeRead: execute,
    write: (data, variables, more) => planned.write(data, variables, more ? new Map([...aliases, ...more]) : aliases),
  }
}

/** Operations up to this many characters are planned at once, in less than 5 ms: handing one to a thread costs as much as planning it. */
const PLANNED_AT_ONCE_CHARACTERS = 1_000

/** How long planning may take in a thread, in milliseconds. */
const PLAN_MILLISECONDS = 2_000

async function planOf(planner: QueryPlanner, text: string, name: string | undefined): Promise<PlanNode | undefined> {
  const { node } =
    text.length <= PLANNED_AT_ONCE_CHARACTERS
      ? planner.plan(text, name, new Set(), 0)
      : await planner.planAsync(text, name, new Set(), 0, timeoutSignal(PLAN_MILLISECONDS))
  return node
}

/** Compiles the plan with its shortcuts when it is carried out a second time. */
function withShortcuts(node: PlanNode, context: OperationContext, read: Step, shortcuts: () => Shortcuts): Step {
  let execute = read
  let runs = 0
  return (run) => {
    runs += 1
    if (runs === 2) execute = compilePlan(node, context, shortcuts())
    return execute(run)
  }
}

function shortcutsOf(
  plan: PlanNode,
  root: GraphQLObjectType,
  asked: Selected,
  { schema, possibleTypes }: OperationContext,
): Shortcuts {
  if (plan.kind !== 'Fetch') {
    const readers = partReaders(plan, root, asked)
    return { relays: false, readers, verbatim: verbatimFetches(plan, root, asked, possibleTypes) }
  }
  if (plan.outputRewrites && plan.outputRewrites.length > 0) return NO_SHORTCUTS
  const sent = selectedBy(schema, parse(plan.operation, { noLocation: true }))
  return { ...NO_SHORTCUTS, relays: selectAlike(root, asked, sent) }
}

function compileDefaults({ variableDefinitions = [] }: OperationDefinitionNode): PlannedOperation['withDefaults'] {
  const defaults = variableDefinitions.flatMap(({ variable, defaultValue }) =>
    defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)] as const] : [],
  )
  return (variables) => {
    const missing = defaults.filter(([name]) => !Object.hasOwn(variables, name))
    return missing.length > 0 ? { ...variables, ...Object.fromEntries(missing) } : variables
  }
}

/** Projections that are kept of one operation; a client that turns more switches than this pays for each anew. */
const PROJECTIONS_MAX = 16

/**
 * `@skip` and `@include` decide what the answer looks like, so there is a projection for each way they turn out. It keeps
 * nothing else of the variables: they may be large, and are their sender's.
 */
function compileWriter(
  schema: GraphQLSchema,
  {
    operation,
    root,
    fragments,
    switches,
  }: {
    operation: OperationDefinitionNode
    root: GraphQLObjectType
    fragments: Fragments
    switches: readonly string[]
  },
): PlannedOperation['write'] {
  const projections = new Map<string, Projection>()
  return (data, variables, aliases) => {
    const turned = switches.map((name) => (variables[name] === true ? '1' : '0')).join('')
    let project = projections.get(turned)
    if (!project) {
      const turnedVariables = Object.fromEntries(switches.map((name) => [name, variables[name] === true]))
      project = compileProjection({ schema, fragments, variables: turnedVariables }, root, operation.selectionSet)
      if (projections.size < PROJECTIONS_MAX) projections.set(turned, project)
    }
    return project(data, aliases)
  }
}

/** The variables that `@skip` and `@include` go by. */
function switchesIn(operation: OperationDefinitionNode, fragments: Fragments): string[] {
  const names = new Set<string>()
  visit(
    { kind: Kind.DOCUMENT, definitions: [operation, ...fragments.values()] },
    {
      Directive: ({ arguments: args = [] }) => {
        for (const { value } of args) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
      },
    },
  )
  return [...names]
}
