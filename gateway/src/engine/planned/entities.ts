import type { BatchFetchNode, EntityBatchAlias, FetchNode, FlattenNode } from '@graphql-hive/router-query-planner'
import { parse, type DocumentNode } from 'graphql'
import { readAnswer, type SubgraphAnswer } from '../resilience/answer.ts'
import { subgraphError } from '../subgraph-error.ts'
import { ask, compileBody, pathOf, report } from './fetch.ts'
import type { SharedUpstream } from './in-flight.ts'
import { copyOf, isObject, merge, type Json, type JsonObject } from './json.ts'
import { keysOf } from './keys.ts'
import { compilePath, type PossibleTypes, type Trail, type Walk } from './path.ts'
import { rawLists, type RawLists, type RawObject } from './raw.ts'
import { compileRepresentation, type Represent } from './representation.ts'
import { compileRewrites, type Rewrite } from './rewrite.ts'
import type { Run, Step } from './run.ts'

/** Objects of one kind that a subgraph knows more about, and the field of its answer that has it. */
interface Batch {
  readonly key: string
  /** What it adds to each object. */
  readonly keys: readonly string[]
  readonly variable: string
  readonly walks: readonly Walk[]
  readonly represent: Represent
  readonly rewrite: Rewrite
}

/** What a fetch of entities is carried out with. */
export interface EntityTools {
  readonly upstream: SharedUpstream
  readonly possibleTypes: PossibleTypes
  /** Whether what the subgraph writes may be put into the client's answer as it is; see `verbatimFetches`. */
  readonly isVerbatim: boolean
}

/** Compiles a fetch that adds to objects at one path. */
export function compileFlatten({ path }: FlattenNode, node: FetchNode, tools: EntityTools): Step {
  const { requires = [], outputRewrites = [] } = node
  const alias = {
    alias: '_entities',
    representationsVariableName: 'representations',
    paths: [path],
    requires,
    outputRewrites,
  }
  return compileEntities(node, [alias], tools)
}

/** Compiles a fetch that adds to objects at several paths by one request. */
export function compileBatch(node: BatchFetchNode, tools: EntityTools): Step {
  return compileEntities(node, node.entityBatch.aliases, tools)
}

function compileEntities(
  node: FetchNode | BatchFetchNode,
  aliases: readonly EntityBatchAlias[],
  { upstream, possibleTypes, isVerbatim }: EntityTools,
): Step {
  const write = compileBody(node)
  const document = parse(node.operation)
  const batches = aliases.map((alias) => compileAlias(alias, document, possibleTypes))
  return async (run) => {
    const gathered = batches.map((batch) => gather(batch, run))
    if (gathered.every(({ representations }) => representations.size === 0)) return
    const variables = gathered.map(
      ({ batch, representations }) => `"${batch.variable}":[${[...representations.keys()].join(',')}]`,
    )
    const missing = () =>
      batches.flatMap((batch) => locate(batch, run).flatMap((trail) => batch.keys.map((key) => [...trail, key])))
    const call = { body: write(run, variables.join(',')), isMutation: false }
    const answer = await ask(run, upstream, call, { missing, read: isVerbatim ? readVerbatim : readAnswer })
    if (!answer) return
    if (answer instanceof Map) {
      for (const each of gathered) insert(each, answer.get(each.batch.key))
      return
    }
    for (const entry of answer.errors) {
      report(run, placesOf(entry, batches, run) ?? missing(), (place) => subgraphError(entry, place))
    }
    for (const each of gathered) apply(each, answer.data?.[each.batch.key])
  }
}

function readVerbatim(bytes: Buffer): RawLists | SubgraphAnswer {
  return rawLists(bytes.toString('utf8')) ?? readAnswer(bytes)
}

function compileAlias(alias: EntityBatchAlias, document: DocumentNode, possibleTypes: PossibleTypes): Batch {
  if (alias.inputRewrites && alias.inputRewrites.length > 0)
    throw new Error('a plan rewrites its input, which nothing here can do')
  return {
    key: alias.alias,
    keys: keysOf(document, alias.alias),
    variable: alias.representationsVariableName,
    walks: alias.paths.map((path) => compilePath(path, possibleTypes)),
    represent: compileRepresentation(alias.requires, possibleTypes),
    rewrite: compileRewrites(alias.outputRewrites),
  }
}

/** The objects of a batch, and which representation stands for each: equal ones are asked for once. */
interface Gathered {
  readonly batch: Batch
  readonly targets: readonly Target[]
  /** The index of each in the request. */
  readonly representations: ReadonlyMap<string, number>
}

/** An object, and which representation stands for it. */
interface Target {
  readonly object: JsonObject
  readonly index: number
}

function gather(batch: Batch, run: Run): Gathered {
  const targets: Target[] = []
  const representations = new Map<string, number>()
  visitAll(batch, run, (object, representation) => {
    let index = representations.get(representation)
    if (index === undefined) representations.set(representation, (index = representations.size))
    targets.push({ object, index })
  })
  return { batch, targets, representations }
}

/** The paths of a batch's objects in the answer; only of those with the representation of this index, if one is named. */
function locate(batch: Batch, run: Run, wanted?: number): Trail[] {
  const trails: Trail[] = []
  const representations = new Map<string, number>()
  const trail: Trail = []
  const visit = (_object: JsonObject, representation: string) => {
    const index = representations.get(representation) ?? representations.size
    representations.set(representation, index)
    if (wanted === undefined || wanted === index) trails.push([...trail])
  }
  visitAll(batch, run, visit, trail)
  return trails
}

function visitAll(
  { walks, represent }: Batch,
  { data, variables }: Run,
  visit: (object: JsonObject, representation: string) => void,
  trail?: Trail,
): void {
  for (const walk of walks) {
    walk(
      data,
      (object) => {
        const representation = represent(object, variables)
        if (representation !== undefined) visit(object, representation)
      },
      trail,
    )
  }
}

/**
 * `_entities.3.phone` is the telephone of whatever was third: at as many places as it has in the answer. Undefined when
 * the entry does not say where it belongs.
 */
function placesOf(entry: Json, batches: readonly Batch[], run: Run): Trail[] | undefined {
  const [key, index, ...rest] = pathOf(entry) ?? []
  const batch = batches.find((candidate) => candidate.key === key)
  if (!batch || index === undefined) return undefined
  return locate(batch, run, Number(index)).map((trail) => [...trail, ...rest])
}

/** Raw values are never changed, so several places may have the same. */
function insert({ targets }: Gathered, entities: readonly RawObject[] = []): void {
  for (const { object, index } of targets) {
    const entity = entities[index]
    if (!entity) continue
    for (const [key, value] of entity) object[key] = value
  }
}

function apply({ batch, targets }: Gathered, entities: Json | undefined): void {
  if (!Array.isArray(entities)) return
  batch.rewrite(entities)
  const used = new Set<number>()
  for (const { object, index } of targets) {
    const entity = entities[index]
    if (!isObject(entity)) continue
    // Two places of the answer never share an object: what one of them is later given is not the other's.
    merge(object, used.has(index) ? copyOf(entity) : entity)
    used.add(index)
  }
}
