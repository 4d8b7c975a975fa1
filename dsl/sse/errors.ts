/**
 * Kinds of failure of event streams. Those of connecting and of a connection that breaks are HTTP's (see
 * `http/error-codes.ts`); 1000 + status where the server answers with a 4xx or 5xx.
 *
 *     1850 the status is neither 200, 4xx nor 5xx      1851 the response is no text/event-stream
 *     1852 an event is longer than maxEvent
 */

export const SSE_CODE = { status: 1850, contentType: 1851, tooLong: 1852 } as const;

/** Rejected by everything that fails on a stream; `code` is the kind of failure, `status` that of the response or 0. */
export class SseError extends Error {
  override readonly name = 'SseError';
  readonly code: number;
  readonly status: number;

  constructor(message: string, code: number, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
