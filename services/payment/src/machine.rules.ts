/** One row of a state machine: in any of these states, when that happens and the condition holds, to this state, saying so. */
export interface Transition<Status extends string, Fact extends string> {
  readonly from: readonly Status[]
  readonly on: string
  /** Tells rows of one occasion apart. */
  readonly when?: string
  /** `same`: the state stays. */
  readonly to: Status | 'same'
  /** What is published because of it. */
  readonly emits: readonly Fact[]
}

/** What of a row names it: what happens, and which of its conditions holds. */
export type StepOf<Row> = Row extends { readonly on: infer On; readonly when: infer When }
  ? { readonly on: On; readonly when: When }
  : Row extends { readonly on: infer On }
    ? { readonly on: On; readonly when?: undefined }
    : never

/** The row that a step names. Throws when the machine has none. */
export function rowOf<Status extends string, Fact extends string>(
  machine: readonly Transition<Status, Fact>[],
  { on, when }: { readonly on: string; readonly when?: string | undefined },
): Transition<Status, Fact> {
  const row = machine.find((each) => each.on === on && each.when === when)
  if (!row) throw new Error(`there is no step "${on}${when === undefined ? '' : ` · ${when}`}"`)
  return row
}
