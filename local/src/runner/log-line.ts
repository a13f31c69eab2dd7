/** A line as a person wants to read it. */
export interface HumanLine {
  /** pino's numbers: 30 info, 40 warn, 50 error, 60 fatal. */
  level: number
  text: string
}

/** From here on a line is shown to people; below, it is in the file for who looks. */
export const WARN = 40

const LEVELS: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }
/** What every line has and nobody needs to be told. */
const COMMON = new Set(['level', 'time', 'pid', 'hostname', 'service', 'msg', 'err', 'v'])

/**
 * Turns what a process wrote into what a person reads: a pino line becomes level, message and facts. Anything else keeps
 * its words; on the error stream it counts as a warning, because Node writes there when something is wrong.
 */
export function humanLine(line: string, stream: 'stdout' | 'stderr'): HumanLine {
  const record = parseRecord(line)
  if (!record) return { level: stream === 'stderr' ? WARN : 30, text: line }
  const { level, msg = '', err } = record
  const facts = Object.entries(record)
    .filter(([name]) => !COMMON.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const text = [`${LEVELS[level] ?? level}:`, msg, ...facts].filter((part) => part !== '').join(' ')
  return { level, text: err?.stack ? `${text}\n${err.stack}` : text }
}

interface LogRecord extends Record<string, unknown> {
  level: number
  msg?: string
  err?: { stack?: string }
}

function parseRecord(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(line)
    const isRecord =
      typeof parsed === 'object' && parsed !== null && 'level' in parsed && typeof parsed.level === 'number'
    return isRecord ? (parsed as LogRecord) : undefined
  } catch (error) {
    // A line that merely begins like JSON.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
