import { z } from 'zod'
import { BadParam } from './stripe-error.ts'

/** A request's parameters, nested as their names say. */
export type Form = { [name: string]: string | Form }

/** Names are nested no deeper than this. */
const DEPTH_MAX = 5

/** Reads `a=1&b[c]=2&d[0]=3` as Stripe does: `{ a: '1', b: { c: '2' }, d: { 0: '3' } }`. */
export function parseForm(text: string): Form {
  const form = emptyForm()
  for (const [name, value] of new URLSearchParams(text)) put(form, pathOf(name), value)
  return form
}

/** The names of a form are a client's: none may reach what all objects share. */
function emptyForm(): Form {
  return Object.create(null) as Form
}

function pathOf(name: string): string[] {
  const [, first = '', rest = ''] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? []
  const path = [first, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map(([, part = '']) => part)]
  if (first === '' || path.length > DEPTH_MAX) throw new BadParam(`Invalid parameter name: ${name}`, { param: name })
  return path
}

function put(form: Form, path: readonly string[], value: string): void {
  const [name = '', ...rest] = path
  // `a[]=x` is the next of a list.
  const key = name === '' ? String(Object.keys(form).length) : name
  if (rest.length === 0) {
    form[key] = value
    return
  }
  const below = form[key]
  const inner = typeof below === 'object' ? below : emptyForm()
  form[key] = inner
  put(inner, rest, value)
}

/** Shapes of parameters, each as strict as Stripe. */
export const param = {
  /** Text of at most so many characters. */
  text: (max = 5_000) => z.string().max(max),
  /** A whole number of at least `min`. */
  integer: (min: number) =>
    z
      .string()
      .regex(/^-?\d{1,15}$/, 'integer')
      .transform(Number)
      .pipe(z.number().min(min)),
  choice: <const Choices extends readonly string[]>(...choices: Choices) => z.enum(choices),
  boolean: () => z.enum(['true', 'false']).transform((text) => text === 'true'),
  /** At most 50 pairs of text. */
  metadata: () =>
    z
      .record(z.string().max(40), z.string().max(500))
      .refine((pairs) => Object.keys(pairs).length <= 50)
      .transform((pairs) => ({ ...pairs })),
  list: <Item extends z.ZodType>(item: Item) =>
    z.record(z.string().regex(/^\d+$/), item).transform((items) => Object.values(items)),
  /** A span of Unix time. */
  span: () => {
    const second = param.integer(0).optional()
    return z.strictObject({ gte: second, gt: second, lte: second, lt: second })
  },
}

/** The parameters of a request, checked; throws what Stripe says about the first that is wrong. */
export function readParams<Shape extends z.ZodRawShape>(
  form: Form,
  shape: Shape,
): z.infer<z.ZodObject<Shape, z.core.$strict>> {
  const parsed = z.strictObject(shape).safeParse(form)
  if (parsed.success) return parsed.data
  throw complaintAbout(parsed.error.issues, form)
}

function complaintAbout([issue]: readonly z.core.$ZodIssue[], form: Form): BadParam {
  if (!issue) throw new Error('a form was refused without a reason')
  const name = nameOf(issue.path)
  const given = valueAt(form, issue.path)
  if (issue.code === 'unrecognized_keys') {
    const unknown = nameOf([...issue.path, issue.keys[0] ?? ''])
    return new BadParam(`Received unknown parameter: ${unknown}`, { code: 'parameter_unknown', param: unknown })
  }
  if (given === undefined) {
    return new BadParam(`Missing required param: ${name}.`, { code: 'parameter_missing', param: name })
  }
  if (issue.code === 'invalid_value') {
    return new BadParam(`Invalid ${name}: must be one of ${inWords(issue.values.map(String))}`, { param: name })
  }
  if (issue.code === 'invalid_format') {
    const facts = { code: 'parameter_invalid_integer', param: name }
    return new BadParam(`Invalid integer: ${typeof given === 'string' ? given : name}`, facts)
  }
  if (issue.code === 'too_small') {
    const facts = { code: 'parameter_invalid_integer', param: name }
    return new BadParam(`This value must be greater than or equal to ${issue.minimum}.`, facts)
  }
  return new BadParam(`Invalid value for ${name}`, { param: name })
}

function nameOf(path: readonly PropertyKey[]): string {
  const [first = '', ...rest] = path.map(String)
  return [first, ...rest.map((part) => `[${part}]`)].join('')
}

function valueAt(form: Form, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === 'object' ? (at as Form)[String(key)] : undefined), form)
}

function inWords(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')}, or ${choices.at(-1)}`
}
