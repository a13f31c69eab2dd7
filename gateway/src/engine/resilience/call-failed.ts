/** Why a call to a subgraph came to nothing. */
export type CallFailure =
  /** It was not made: the subgraph failed so often that it is left alone for a while. */
  | 'LEFT_ALONE'
  /** There was no connection, so nothing was sent. */
  | 'NO_CONNECTION'
  /** The connection broke before the answer was whole. */
  | 'BROKEN'
  /** A status of the 5xx without GraphQL. */
  | 'BAD_STATUS'
  /** No answer by the time of the subgraph or of the request. */
  | 'TIMEOUT'
  /** More bytes than are taken from a subgraph. */
  | 'TOO_LARGE'
  /** The client left, so nobody wants the answer any more. */
  | 'CLIENT_LEFT'

/** A call to a subgraph that came to nothing. */
export class SubgraphCallFailed extends Error {
  readonly failure: CallFailure
  /** Whether the subgraph may have seen the call. When not, it has surely done nothing. */
  readonly mayHaveArrived: boolean

  constructor(subgraph: string, failure: CallFailure, mayHaveArrived: boolean, cause?: unknown) {
    super(`${subgraph}: ${WHAT_HAPPENED[failure]}`, cause === undefined ? undefined : { cause })
    this.name = 'SubgraphCallFailed'
    this.failure = failure
    this.mayHaveArrived = mayHaveArrived
  }
}

const WHAT_HAPPENED: Readonly<Record<CallFailure, string>> = {
  LEFT_ALONE: 'left alone after its failures',
  NO_CONNECTION: 'no connection',
  BROKEN: 'the connection broke',
  BAD_STATUS: 'no GraphQL, and a status that is none either',
  TIMEOUT: 'no answer in time',
  TOO_LARGE: 'the answer is too large',
  CLIENT_LEFT: 'the client left',
}
