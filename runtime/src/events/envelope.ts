import type { ServiceName } from '@tikitu/schema/services'

/** An event on its way: the CloudEvents 1.0 attributes, and the fact itself in `data`. */
export interface Envelope {
  readonly specversion: '1.0'
  /** Unique; the same event sent twice has the same id. */
  readonly id: string
  /** The publisher: `/tikitu/booking`. */
  readonly source: string
  /** `booking.confirmed` */
  readonly type: string
  /** When the fact was committed, ISO 8601 in UTC, by the publisher's database. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  /** The version of the shape of `data`, counted from 1. */
  readonly dataversion: number
  /** Events of one publisher and one key arrive in order. */
  readonly partitionkey: string
  /** The publisher's numbering in the order of publication, padded so that it sorts as text. Gaps mean nothing. */
  readonly sequence: string
  /** The request that all of this began with. */
  readonly correlationid: string
  /** The event or job that was being handled when this was published. */
  readonly causationid?: string
  /** W3C trace context. */
  readonly traceparent?: string
  readonly data: unknown
}

/** How a service is named as the source of its events. */
export function sourceOf(service: ServiceName): string {
  return `/tikitu/${service}`
}

/** As many digits as the largest bigint has. */
const SEQUENCE_DIGITS = 19

/** A position as the envelope's `sequence`. */
export function sequenceText(position: string): string {
  return position.padStart(SEQUENCE_DIGITS, '0')
}
