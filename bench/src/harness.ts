/** What a figure has to reach to be good enough, in its unit. */
export type Goal = { atMost: number } | { atLeast: number }

/** One thing that was measured. */
export interface Figure {
  /** What it is, in a few words: "ready, cold". */
  name: string
  value: number
  /** "s", "ms", "MB", "1/s". */
  unit: string
  /** Left out when the figure is only worth knowing. */
  goal?: Goal
  /** False keeps it out of the table, because the bench shows it to people in another way. */
  tabled?: boolean
}

/** What a bench is given. */
export interface BenchContext {
  /** What stood behind the bench's name on the command line. */
  readonly args: readonly string[]
  /** Records a figure. */
  figure(figure: Figure): void
  /** Tells who watches what is going on. */
  say(text: string): void
  /** Runs at the end, the last first, whatever happens: to stop what was started. */
  cleanUp(step: () => Promise<void> | void): void
}

/** A bench: it starts what it measures, measures, and leaves nothing behind. */
export interface Bench {
  /** What it measures, in a sentence. */
  title: string
  run(context: BenchContext): Promise<void>
}

/** Runs a bench and returns its figures. Throws when it could not measure. */
export async function runBench(
  bench: Bench,
  say: (text: string) => void,
  args: readonly string[] = [],
): Promise<Figure[]> {
  const figures: Figure[] = []
  const cleanUps: (() => Promise<void> | void)[] = []
  try {
    await bench.run({
      args,
      figure: (figure) => figures.push(figure),
      say,
      cleanUp: (step) => cleanUps.push(step),
    })
  } finally {
    for (const step of cleanUps.toReversed()) await step()
  }
  if (figures.length === 0) throw new Error('The bench measured nothing.')
  return figures
}

/** Is the figure good enough? One without a goal always is; one that is no number never. */
export function reaches({ value, goal }: Figure): boolean {
  if (!Number.isFinite(value)) return false
  if (!goal) return true
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast
}

/** The figures as a table for people. */
export function table(figures: readonly Figure[]): string {
  const rows = figures
    .filter(({ tabled = true }) => tabled)
    .map((figure) => [
      figure.name,
      figure.value.toFixed(figure.value < 10 ? 2 : 1),
      figure.unit,
      describeGoal(figure),
      reaches(figure) ? '' : 'falls short',
    ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The figure as one line of JSON for programs. */
export function jsonLine(bench: string, figure: Figure): string {
  const { name, value, unit } = figure
  const goal = describeGoal(figure) || null
  return JSON.stringify({ bench, name, value: Math.round(value * 1000) / 1000, unit, goal, ok: reaches(figure) })
}

function describeGoal({ goal }: Figure): string {
  if (!goal) return ''
  return 'atMost' in goal ? `<= ${goal.atMost}` : `>= ${goal.atLeast}`
}
