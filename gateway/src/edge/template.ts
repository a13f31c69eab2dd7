import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  parseType,
  print,
  valueFromAST,
  valueFromASTUntyped,
  type ArgumentNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLInputType,
  type GraphQLNamedOutputType,
  type GraphQLSchema,
  type NameNode,
  type ObjectValueNode,
  type SelectionSetNode,
  type ValueNode,
  type VariableDefinitionNode,
  type VariableNode,
} from 'graphql'
import type { Aliases } from '../engine/engine.ts'

/** An operation without what it may have of its own: the same for all that differ in nothing else. */
export interface Template {
  readonly text: string
  /** The arguments that were written into the operation, by the variables that stand for them in the template. */
  readonly literals: Readonly<Record<string, unknown>>
  /** The client's alias for each alias of the template. */
  readonly aliases: Aliases
}

/** Words the template of a document that has one operation, and this text; undefined when it has none. */
export type TemplateOf = (document: DocumentNode, text: string) => Template | undefined

/**
 * The templates of operations over a schema: they have no name, their aliases are numbered, and arguments are variables.
 * Programs that write ids and filters into their text send a new document each time, and it is parsed, validated and
 * planned once, here and in the subgraphs.
 *
 * A document is valid exactly if its template is, and its variables too. Whatever is wrong with one is told of the document
 * itself, in words that its author knows.
 */
export function templates(schema: GraphQLSchema): TemplateOf {
  // Where a client has chosen the same names, they would mean something else.
  return (document, text) => (VARIABLE_NAME.test(text) ? undefined : new TemplateWriter(schema).write(document))
}

/** No name in the schema ends with an underscore, so that neither of these can be one of its own. */
const aliasName = (number: number) => `a${number}_`
const variableName = (number: number) => `v${number}_`
const VARIABLE_NAME = /\bv\d+_/

class TemplateWriter {
  readonly #schema: GraphQLSchema
  /** Names that no alias may take the place of: of fields, and of what the gateway may have to answer itself. */
  readonly #kept = new Set<string>()
  readonly #numbered = new Map<string, NameNode>()
  #number = 0
  readonly #variables = new Map<string, VariableNode>()
  readonly #definitions: VariableDefinitionNode[] = []
  readonly #literals: Record<string, unknown> = {}

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  write({ definitions }: DocumentNode): Template {
    for (const definition of definitions) if ('selectionSet' in definition) this.#keepNames(definition.selectionSet)
    const written = definitions.map((definition) => this.#definition(definition))
    return {
      text: print({ kind: Kind.DOCUMENT, definitions: written.map((definition) => this.#withVariables(definition)) }),
      literals: this.#literals,
      aliases: new Map([...this.#numbered].map(([alias, { value }]) => [value, alias])),
    }
  }

  #keepNames({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) this.#kept.add(selection.name.value)
      if (selection.kind === Kind.FIELD && selection.name.value === '__typename') this.#kept.add(keyOf(selection))
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet) this.#keepNames(selection.selectionSet)
    }
  }

  #definition(definition: DefinitionNode): DefinitionNode {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      const { name: _, ...nameless } = definition
      const root = this.#schema.getRootType(definition.operation)
      return { ...nameless, selectionSet: this.#selectionSet(root, definition.selectionSet) }
    }
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) return definition
    return { ...definition, selectionSet: this.#selectionSet(this.#condition(definition), definition.selectionSet) }
  }

  #withVariables(definition: DefinitionNode): DefinitionNode {
    if (definition.kind !== Kind.OPERATION_DEFINITION || this.#definitions.length === 0) return definition
    const { variableDefinitions = [] } = definition
    return { ...definition, variableDefinitions: [...variableDefinitions, ...this.#definitions] }
  }

  #condition({ typeCondition }: Pick<FragmentDefinitionNode, 'typeCondition'>): GraphQLNamedOutputType | undefined {
    const type = this.#schema.getType(typeCondition.name.value)
    return isCompositeType(type) ? type : undefined
  }

  #selectionSet(parent: GraphQLNamedOutputType | null | undefined, set: SelectionSetNode): SelectionSetNode {
    const selections = set.selections.map((selection) => {
      if (selection.kind === Kind.FIELD) return this.#field(parent, selection)
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection
      const { typeCondition } = selection
      const type = typeCondition ? this.#condition({ typeCondition }) : parent
      return { ...selection, selectionSet: this.#selectionSet(type, selection.selectionSet) }
    })
    return { kind: Kind.SELECTION_SET, selections }
  }

  #field(parent: GraphQLNamedOutputType | null | undefined, field: FieldNode): FieldNode {
    const { alias, arguments: args, selectionSet } = field
    if (!alias && !args?.length && !selectionSet) return field
    const hasFields = isObjectType(parent) || isInterfaceType(parent)
    const definition = hasFields ? parent.getFields()[field.name.value] : undefined
    const written = args?.map((argument) => {
      const type = definition?.args.find(({ name }) => name === argument.name.value)?.type
      return type ? this.#argument(argument, type) : argument
    })
    const below = definition && getNamedType(definition.type)
    return {
      ...field,
      ...(alias && { alias: this.#alias(alias) }),
      ...(written && { arguments: written }),
      ...(selectionSet && { selectionSet: this.#selectionSet(below, selectionSet) }),
    }
  }

  #alias(alias: NameNode): NameNode {
    if (this.#kept.has(alias.value)) return alias
    const known = this.#numbered.get(alias.value)
    if (known) return known
    while (this.#kept.has(aliasName(this.#number))) this.#number += 1
    const numbered: NameNode = { kind: Kind.NAME, value: aliasName(this.#number) }
    this.#number += 1
    this.#numbered.set(alias.value, numbered)
    return numbered
  }

  /** What is no value of the type stays in the text, so that validation refuses it there. */
  #argument(argument: ArgumentNode, type: GraphQLInputType): ArgumentNode {
    const { value } = argument
    if (!isPlain(value) || valueFromAST(value, type) === undefined) return argument
    return { ...argument, value: this.#variable(type.toString(), value) }
  }

  /** What is written alike is one variable and nothing else is: so validation compares the arguments of a field asked for twice. */
  #variable(type: string, literal: ValueNode): VariableNode {
    const key = `${type} ${print(literal)}`
    const known = this.#variables.get(key)
    if (known) return known
    const name = variableName(this.#variables.size)
    const variable: VariableNode = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } }
    this.#variables.set(key, variable)
    this.#definitions.push({ kind: Kind.VARIABLE_DEFINITION, variable, type: parseType(type) })
    this.#literals[name] = valueFromASTUntyped(literal)
    return variable
  }
}

/** Whether a literal says as a variable exactly what it says in the text: numbers beyond JavaScript's would not, nor a field given twice. */
function isPlain(value: ValueNode): boolean {
  switch (value.kind) {
    case Kind.VARIABLE:
      return false
    case Kind.INT:
    case Kind.FLOAT:
      return String(Number(value.value)) === value.value
    case Kind.LIST:
      return value.values.every(isPlain)
    case Kind.OBJECT:
      return hasEachOnce(value) && value.fields.every((field) => isPlain(field.value))
    default:
      return true
  }
}

function hasEachOnce({ fields }: ObjectValueNode): boolean {
  return new Set(fields.map(({ name }) => name.value)).size === fields.length
}

const keyOf = ({ alias, name }: FieldNode) => (alias ?? name).value
