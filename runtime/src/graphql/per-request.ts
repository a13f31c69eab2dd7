/**
 * Something made once for each request and kept as long as it: loaders, above all. Ask it with the request's context.
 */
export function perRequest<Context extends object, Value>(
  make: (context: Context) => Value,
): (context: Context) => Value {
  const made = new WeakMap<Context, Value>()
  return (context) => {
    let value = made.get(context)
    if (value === undefined) {
      value = make(context)
      made.set(context, value)
    }
    return value
  }
}
