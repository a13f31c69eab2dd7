/** Something that waits for an answer. */
export interface Watched {
  /** Called again and again until it is done; `now` is `performance.now()`. */
  look(now: number): void
}

/** How often is looked, in milliseconds: deadlines are kept to this. */
const LOOK_MILLISECONDS = 20

/**
 * Looks after all that waits, by one timer. A timer and an abort signal for each call would cost more than a
 * microsecond each; a place in this set costs a tenth, and tells of a client who left without a listener.
 */
export class Watch {
  readonly #watched = new Set<Watched>()
  #timer: NodeJS.Timeout | undefined

  add(watched: Watched): void {
    this.#watched.add(watched)
    // Timers come before sockets: after a pause of the whole process, what has been answered meanwhile is read first.
    this.#timer ??= setInterval(() => setImmediate(() => this.#look()), LOOK_MILLISECONDS).unref()
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched)
  }

  #look(): void {
    if (this.#watched.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const now = performance.now()
    for (const watched of this.#watched) watched.look(now)
  }
}
