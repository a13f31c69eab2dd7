import type { z } from 'zod'

/**
 * A fact that one service publishes and others may consume. A change that an old consumer
 * would not understand is a new version, published beside the old one.
 */
export interface EventType<Type extends string = string, Data = unknown> {
  /** `<publisher>.<fact>` in the past tense, for example `booking.confirmed`. */
  readonly type: Type
  /** The version of the shape, counted from 1. */
  readonly version: number
  /** What the data must look like. Checked when it is emitted and again before it is handled. */
  readonly shape: z.ZodType<Data>
  /** The partition key: events of one key are handled in the order they were committed. */
  readonly key: (data: Data) => string
}

/** The data that an event type carries. */
export type EventData<Event> = Event extends EventType<string, infer Data> ? Data : never

/** Declares an event type, version 1. */
export function defineEvent<const Type extends string, Shape extends z.ZodType>(
  type: Type,
  shape: Shape,
  key: (data: z.infer<Shape>) => string,
): EventType<Type, z.infer<Shape>> {
  return { type, version: 1, shape: shape as z.ZodType<z.infer<Shape>>, key }
}
