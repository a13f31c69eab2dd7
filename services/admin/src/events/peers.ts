import { Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER, signIdentity, type Identity } from '@tikitu/runtime/identity'
import { timeoutSignal } from '@tikitu/runtime/timeout'
import type { ServiceName } from '@tikitu/schema/services'
import type { z } from 'zod'

/** How long a service may take to answer, in milliseconds. */
const ANSWER_MILLISECONDS = 3_000

/** How the other services are reached. */
export interface PeerOptions {
  readonly serviceUrls: Readonly<Record<ServiceName, string>>
  readonly identitySecret: string
}

/** Asks services on behalf of an admin, whom they check for themselves. */
export interface Peers {
  /** Throws the fault UNAVAILABLE when the service cannot be reached or does not answer as agreed. */
  ask<Shape extends z.ZodType>(service: ServiceName, question: Question<Shape>): Promise<z.infer<Shape>>
}

interface Question<Shape extends z.ZodType> {
  /** Who wants to know. */
  readonly by: Identity
  /** With its query string. */
  readonly path: string
  /** What is agreed on as the answer. */
  readonly shape: Shape
  /** Makes it a POST. */
  readonly body?: unknown
}

/** Peers over HTTP. */
export function httpPeers({ serviceUrls, identitySecret }: PeerOptions): Peers {
  return {
    async ask(service, { by, path, shape, body }) {
      try {
        const response = await fetch(`${serviceUrls[service]}${path}`, {
          headers: {
            [IDENTITY_HEADER]: signIdentity(by, identitySecret),
            'x-request-id': by.requestId,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
          signal: timeoutSignal(ANSWER_MILLISECONDS),
          redirect: 'error',
        })
        if (!response.ok) throw new Error(`${service} answered ${response.status}: ${await response.text()}`)
        return shape.parse(await response.json())
      } catch (cause) {
        throw new Fault('UNAVAILABLE', `The service ${service} does not answer. Please try again.`, { cause })
      }
    },
  }
}
