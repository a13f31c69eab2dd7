import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { beginErrorAnswer } from '../edge/errors.ts'

/**
 * Answers with a problem document (RFC 9457). Programs go by `code`, which is one of the codes of the graph's faults, and
 * people by `detail`; the facts of the fault are beside them.
 */
export function answerProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  suggestions: boolean,
): void {
  const [told] = beginErrorAnswer(error, request, reply, suggestions)
  const status = reply.statusCode
  const title = STATUS_CODES[status] ?? 'Error'
  void reply
    .type('application/problem+json; charset=utf-8')
    .send({ ...told?.extensions, type: 'about:blank', title, status, detail: told?.message ?? title })
}
