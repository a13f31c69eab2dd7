/** Told what happens while it happens. */
export interface Narrator {
  /** Runs one step and prints it with its time; what it returns is shown beside it. */
  step<Value>(title: string, work: () => Promise<Value>, tell?: (value: Value) => string): Promise<Value>
}

const DIM = '\u001b[2m'
const GREEN = '\u001b[32m'
const RED = '\u001b[31m'
const PLAIN = '\u001b[0m'

/** A narrator that writes to the terminal, in colour when it is one. */
export function narrator(out: NodeJS.WriteStream): Narrator {
  const colour = (code: string, text: string) => (out.isTTY ? `${code}${text}${PLAIN}` : text)
  let count = 0
  return {
    async step(title, work, tell) {
      const number = String(++count).padStart(2)
      const begun = performance.now()
      const took = () => `${(performance.now() - begun).toFixed(0)} ms`.padStart(8)
      try {
        const value = await work()
        out.write(
          `${colour(GREEN, '✓')} ${number}  ${colour(DIM, took())}  ${title}${tell ? `: ${tell(value)}` : ''}\n`,
        )
        return value
      } catch (error) {
        out.write(`${colour(RED, '✗')} ${number}  ${colour(DIM, took())}  ${title}\n`)
        throw error
      }
    },
  }
}
