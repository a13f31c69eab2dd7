/**
 * A signal that aborts after so many milliseconds, with a `TimeoutError`, like `AbortSignal.timeout`; but what has come by
 * then counts. That one looks at the clock before sockets: after a pause of the whole process it throws away answers that
 * came in time and wait to be read, and a peer counts as dead for what this machine did.
 */
export function timeoutSignal(milliseconds: number): AbortSignal {
  const controller = new AbortController()
  const expire = () => controller.abort(new DOMException(`no answer in ${milliseconds} ms`, 'TimeoutError'))
  // Of one turn of the event loop, this is after sockets.
  setTimeout(() => setImmediate(expire), milliseconds).unref()
  return controller.signal
}
