import type { QueryPlanner } from '@graphql-hive/router-query-planner'
import {
  getOperationAST,
  Kind,
  print,
  valueFromASTUntyped,
  visit,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { splitIntrospection } from './introspection.ts'
import type { JsonObject } from './json.ts'
import { compilePlan, type PlanContext } from './plan.ts'
import { compileProjection } from './projection.ts'
import type { Run, Step } from './run.ts'
import type { Fragments } from './selection.ts'

/** An operation that can be executed any number of times. */
export interface PlannedOperation {
  /** Asks the subgraphs. */
  readonly execute: Step
  /** What graphql-js is left with. */
  readonly local: DocumentNode
  /** The client's variables with the operation's defaults. */
  withDefaults(variables: Run['variables']): Run['variables']
  /** Writes the client's answer as JSON. */
  write(data: JsonObject, variables: Run['variables']): string
}

/** What operations are planned with. */
export interface OperationContext extends PlanContext {
  readonly planner: QueryPlanner
  readonly schema: GraphQLSchema
}

/** How long planning may take, in milliseconds. It takes about one. */
const PLAN_MILLISECONDS = 2_000

/** Plans an operation; undefined when the gateway answers it alone, because it only asks about the schema. */
export async function planOperation(
  context: OperationContext,
  document: DocumentNode,
  operationName: string | undefined,
): Promise<PlannedOperation | undefined> {
  const operation = getOperationAST(document, operationName)
  const root = operation && context.schema.getRootType(operation.operation)
  if (!operation || !root) return undefined
  const fragments = fragmentsOf(document)
  const { remote, local } = splitIntrospection(operation, fragments, root.name)
  if (!remote) return undefined

  const signal = AbortSignal.timeout(PLAN_MILLISECONDS)
  const plan = await context.planner.planAsync(print(remote), operation.name?.value, new Set(), 0, signal)
  if (!plan.node) throw new Error('there is no plan for this operation')
  return {
    execute: compilePlan(plan.node, context),
    local,
    withDefaults: compileDefaults(operation),
    write: compileWriter(context.schema, operation, root, fragments),
  }
}

function fragmentsOf(document: DocumentNode): Fragments {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  return fragments
}

function compileDefaults({ variableDefinitions = [] }: OperationDefinitionNode): PlannedOperation['withDefaults'] {
  const defaults = variableDefinitions.flatMap(({ variable, defaultValue }) =>
    defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)] as const] : [],
  )
  return (variables) => {
    const missing = defaults.filter(([name]) => variables[name] === undefined)
    return missing.length > 0 ? { ...variables, ...Object.fromEntries(missing) } : variables
  }
}

/** Projections that are kept of one operation; a client that turns more switches than this pays for each anew. */
const PROJECTIONS_MAX = 16

/** `@skip` and `@include` decide what the answer looks like, so there is a projection for each way they turn out. */
function compileWriter(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  root: GraphQLObjectType,
  fragments: Fragments,
): PlannedOperation['write'] {
  const switches = switchesIn(operation, fragments)
  const projections = new Map<string, (data: JsonObject) => string>()
  return (data, variables) => {
    const turned = switches.map((name) => (variables[name] === true ? '1' : '0')).join('')
    let project = projections.get(turned)
    if (!project) {
      project = compileProjection({ schema, fragments, variables }, root, operation.selectionSet)
      if (projections.size < PROJECTIONS_MAX) projections.set(turned, project)
    }
    return project(data)
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
