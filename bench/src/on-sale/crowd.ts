import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

/** A crowd that comes to buy. */
export interface Crowd {
  /** Of the gateway. */
  readonly port: number
  /** A file with an access token in each line: of another buyer for each arrival. */
  readonly tokens: string
  readonly scale: number
  readonly eventId: string
  /** What is wanted, in turn. */
  readonly ticketTypeIds: readonly string[]
  /** Connections at most; who comes when none is free waits, and the waiting counts. */
  readonly connections: number
}

/** What became of all of them. */
export interface Turnout {
  /** By what was answered: `Hold`, the name of a refusal, the code of a fault, or `HTTP <status>` without one. */
  readonly answers: Readonly<Record<string, number>>
  /** Answers with a status from 500 on. */
  readonly serverErrors: number
  /** Requests whose connection broke before the answer, by how; each was sent again under its key. */
  readonly broken: Readonly<Record<string, number>>
  /** Seats that were held. */
  readonly seats: number
  /** How often somebody was told to come again later. */
  readonly sentAway: number
  /** From the request to the answer that somebody should come again, in milliseconds: what it takes to send a crowd away. */
  readonly sentAwayP50: number
  readonly sentAwayP99: number
  /** From when somebody arrived until they were told anything, be it to come again, in milliseconds. */
  readonly firstP50: number
  readonly firstP99: number
  /** From when somebody arrived until the answer they left with, in milliseconds, waiting for a connection included. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** From the opening to the last answer, in seconds. */
  readonly seconds: number
  /** Processor time that the crowd itself used. */
  readonly cpuMilliseconds: number
  /** For each second from the opening: who arrived, who held seats in it, and how long those who arrived waited in the median. */
  readonly bySecond: readonly { readonly arrived: number; readonly held: number; readonly p50: number }[]
}

/** Between the processes. */
export type CrowdMessage =
  | { readonly type: 'told'; readonly turnout: Turnout }
  | { readonly type: 'failed'; readonly message: string }

/** Sends a crowd from a process of its own, so that it does not wait for anything but the answers. */
export async function send(crowd: Crowd): Promise<Turnout> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'crowd.main.ts'))
  try {
    return await new Promise<Turnout>((resolve, reject) => {
      child.on('message', (message: CrowdMessage) =>
        message.type === 'told' ? resolve(message.turnout) : reject(new Error(message.message)),
      )
      child.once('exit', (code) => reject(new Error(`The crowd ended with ${code}.`)))
      child.send(crowd)
    })
  } finally {
    child.disconnect()
  }
}
