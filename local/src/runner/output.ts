import type { ChildProcess } from 'node:child_process'
import type { WriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openLogFile } from './log-file.ts'
import { humanLine, WARN } from './log-line.ts'
import type { Terminal } from './terminal.ts'

/** How many of the last lines are told when a process fails. */
const LAST_LINES_MAX = 20

/** Where the lines of one process go. */
export interface Output {
  /** The file with all of its lines. */
  file: string
  /** Takes what the process writes from now on. */
  follow(child: ChildProcess): void
  /** Takes one line. */
  line(text: string, stream: 'stdout' | 'stderr'): void
  /** The last lines, as people read them, unless some were shown: those tell what is wrong. */
  untold(): string[]
  /** Resolves when all of it is in the file. */
  close(): Promise<void>
}

/** Everything goes to the file as it is; warnings and worse, or all of it if `verbose`, go to the terminal for people. */
export function openOutput(
  name: string,
  { directory, terminal, verbose }: { directory: string; terminal: Terminal; verbose: boolean },
): Output {
  const path = join(directory, `${name}.log`)
  const file: WriteStream = openLogFile(path)
  file.on('error', (error) => terminal.say(`${path} cannot be written: ${error.message}`))
  const last: string[] = []
  let shown = false

  const output: Output = {
    file: path,
    follow(child) {
      for (const stream of ['stdout', 'stderr'] as const) {
        const input = child[stream]
        if (input) createInterface({ input }).on('line', (text) => output.line(text, stream))
      }
    },
    line(text, stream) {
      file.write(`${text}\n`)
      const human = humanLine(text, stream)
      last.push(human.text)
      if (last.length > LAST_LINES_MAX) last.shift()
      if (!verbose && human.level < WARN) return
      shown = true
      terminal.from(name, human.text)
    },
    untold: () => (shown ? [] : [...last]),
    close: () =>
      new Promise((closed) => {
        file.end(closed)
      }),
  }
  return output
}
