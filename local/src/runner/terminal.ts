import { styleText } from 'node:util'

/** What the runner tells the person who started it. */
export interface Terminal {
  /** A step of the start, with the seconds since the runner began. */
  step(text: string): void
  /** A line of one of the processes, with its name in front. */
  from(name: string, text: string): void
  /** Something the person should read. */
  say(text: string): void
}

const COLOURS = ['cyan', 'magenta', 'yellow', 'blue', 'green'] as const
const NAME_WIDTH = 12

/** A terminal over the standard output; colours only where it shows them and NO_COLOR does not ask for none. */
export function openTerminal(stream: NodeJS.WriteStream): Terminal {
  // Whoever read our output may go first; that must not keep us from stopping in order.
  stream.on('error', () => {})
  const paint = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { stream })
  const colours = new Map<string, (typeof COLOURS)[number]>()
  const colourOf = (name: string) => {
    const colour = colours.get(name) ?? COLOURS[colours.size % COLOURS.length] ?? 'cyan'
    colours.set(name, colour)
    return colour
  }
  return {
    // Counted from the start of the process, so that loading the runner itself is not left out.
    step: (text) =>
      stream.write(`${paint('dim', `${(performance.now() / 1000).toFixed(1).padStart(5)} s`)}  ${text}\n`),
    from: (name, text) => {
      const prefix = paint(colourOf(name), name.padEnd(NAME_WIDTH))
      for (const line of text.split('\n')) stream.write(`${prefix} ${line}\n`)
    },
    say: (text) => stream.write(`${text}\n`),
  }
}
