import type { BatchFetchNode, EntityBatchAlias, FetchNode, FlattenNode } from '@graphql-hive/router-query-planner'
import { parse, type DocumentNode } from 'graphql'
import { readAnswer, readAnswerText, type SubgraphAnswer } from '../resilience/answer.ts'
import { subgraphError } from '../subgraph-error.ts'
import { ask, compileBody, pathOf, report } from './fetch.ts'
import type { SharedUpstream } from './in-flight.ts'
import { copyOf, isObject, merge, type Json, type JsonObject } from './json.ts'
import { keysOf } from './keys.ts'
import { compilePath, type PossibleTypes, type Trail, type Walk } from './path.ts'
import { rawLists, type RawLists, type RawObject } from './raw.ts'
import { compileIdentity, compileRepresentation, type Identify, type Represent } from './representation.ts'
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
  readonly identify: Identify
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
    if (gathered.every(({ representations }) => representations.length === 0)) return
    const variables = gathered.map(({ batch, representations }) => `"${batch.variable}":[${representations.join(',')}]`)
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
  const text = bytes.toString('utf8')
  return rawLists(text) ?? readAnswerText(text)
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
    identify: compileIdentity(alias.requires, possibleTypes),
    rewrite: compileRewrites(alias.outputRewrites),
  }
}

/** The objects of a batch, and which representation stands for each: equal ones are asked for once. */
interface Gathered {
  readonly batch: Batch
  readonly targets: readonly Target[]
  /** As they are sent. */
  readonly representations: readonly string[]
}

/** An object, and which representation stands for it. */
interface Target {
  readonly object: JsonObject
  readonly index: number
}

function gather(batch: Batch, { data, variables }: Run): Gathered {
  const { walks, represent, identify } = batch
  const targets: Target[] = []
  const representations: string[] = []
  // Two, because a key may read like the text of something else.
  const byKey = new Map<string, number>()
  const byText = new Map<string, number>()
  const visit = (object: JsonObject) => {
    const key = identify(object)
    let index = key === undefined ? undefined : byKey.get(key)
    if (index === undefined) {
      const text = represent(object, variables)
      if (text === undefined) return
      const [known, name] = key === undefined ? [byText, text] : [byKey, key]
      index = known.get(name) ?? representations.push(text) - 1
      known.set(name, index)
    }
    targets.push({ object, index })
  }
  for (const walk of walks) walk(data, visit)
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
