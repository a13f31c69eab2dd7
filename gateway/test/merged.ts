import type { Identity } from '@tikitu/runtime/identity'
import { scalarsOf } from '@tikitu/runtime/scalars'
import { subgraphSdl, supergraphSdl } from '@tikitu/schema/sdl'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import { transformSupergraphToPublicSchema } from '@theguild/federation-composition'
import {
  buildASTSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isScalarType,
  Kind,
  parse,
  responsePathAsArray as pathToArray,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql'
import { resolvers } from './resolvers.ts'

type Resolver = (parent: unknown, args: unknown, context: unknown, info?: unknown) => unknown
type Row = Record<string, unknown>

/** Something that several services know a part of. */
class Entity {
  readonly typename: string
  readonly id: unknown
  readonly #reference: Row
  readonly #parts = new Map<ServiceName, unknown>()

  constructor(typename: string, row: Row, from: ServiceName) {
    this.typename = typename
    this.id = row['id']
    this.#reference = { __typename: typename, id: row['id'] }
    this.#parts.set(from, row)
  }

  /** What the service knows, asked as the gateway would ask: by reference. */
  async part(service: ServiceName, context: unknown): Promise<unknown> {
    const known = this.#parts.get(service)
    if (known !== undefined) return known
    try {
      const part =
        (await resolverOf(service, this.typename, '__resolveReference')?.(this.#reference, {}, context)) ?? null
      this.#parts.set(service, part)
      return part
    } catch (error) {
      if (error instanceof Error) failedReferences.add(error)
      throw error
    }
  }
}

/**
 * What services threw when they were asked for an entity by reference. In here each field that the service has fails with
 * it; over HTTP it is told once, at the entity.
 */
export const failedReferences = new WeakSet<Error>()

function resolverOf(service: ServiceName, typeName: string, fieldName: string): Resolver | undefined {
  return (resolvers[service] as Record<string, Record<string, Resolver>>)[typeName]?.[fieldName]
}

/** What an execution of the merged schema is given. */
export interface MergedContext {
  readonly identity: Identity
  /** Where there is a reference to something that there is not, or not for the caller: it gathers here. */
  readonly absent: Set<string>
}

/**
 * The whole graph in one process, executed by graphql-js over the resolvers of all fixtures: what the gateway answers
 * must be the same.
 */
export function mergedSchema(): GraphQLSchema {
  const schema = buildASTSchema(transformSupergraphToPublicSchema(parse(supergraphSdl())), { assumeValidSDL: true })
  const { owners, entities } = ownership()
  const wrap = (value: unknown, typeName: string, from: ServiceName): unknown => {
    if (Array.isArray(value)) return value.map((element) => wrap(element, typeName, from))
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    const row = value as Row
    const concrete = typeof row['__typename'] === 'string' ? row['__typename'] : typeName
    return entities.has(concrete) ? new Entity(concrete, row, from) : { ...row, __typename: concrete }
  }

  for (const type of Object.values(schema.getTypeMap())) {
    if (isScalarType(type)) Object.assign(type, pick(scalarsOf(`scalar ${type.name}`)[type.name]))
    if (isAbstractType(type))
      type.resolveType = (value: unknown) =>
        value instanceof Entity ? value.typename : String((value as Row)['__typename'])
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      const owner = owners.get(`${type.name}.${field.name}`) ?? 'booking'
      const resolve: GraphQLFieldResolver<unknown, MergedContext> = async (source, args, context, info) => {
        // A key is known wherever there is a reference, whoever may see the rest.
        if (source instanceof Entity && field.name === 'id') return source.id
        const parent = source instanceof Entity ? await source.part(owner, context) : (source ?? {})
        if (parent === null) {
          context.absent.add(pathToArray(info.path.prev).join('.'))
          return null
        }
        const resolver = resolverOf(owner, type.name, field.name)
        const value = await (resolver ? resolver(parent, args, context) : (parent as Row)[field.name])
        return wrap(value, getNamedType(field.type).name, owner)
      }
      field.resolve = resolve
    }
  }
  return schema
}

function pick(scalar: ReturnType<typeof scalarsOf>[string] | undefined) {
  return scalar ? { serialize: scalar.serialize, parseValue: scalar.parseValue, parseLiteral: scalar.parseLiteral } : {}
}

/** Which service has which field, and which types have a key. */
export function ownership() {
  const owners = new Map<string, ServiceName>()
  const entities = new Set<string>()
  for (const service of SERVICE_NAMES) {
    for (const definition of parse(subgraphSdl(service)).definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) continue
      const typeName = definition.name.value
      if (definition.directives?.some(({ name }) => name.value === 'key')) entities.add(typeName)
      for (const field of definition.fields ?? []) {
        const isExternal = field.directives?.some(({ name }) => name.value === 'external')
        if (!isExternal) owners.set(`${typeName}.${field.name.value}`, service)
      }
    }
  }
  return { owners, entities }
}
