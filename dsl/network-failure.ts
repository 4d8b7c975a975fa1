/** Errors of the network while a library connects, with the numbers that they have for HTTP. */

import { classify, type Failure, FailureError, type Stage } from './http/error-codes.ts';

const TLS_ERROR = /CERT|TLS|SSL|EPROTO|SELF_SIGNED|UNABLE_TO_/;

interface SystemError {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly errors?: readonly unknown[];
}

function stageOf(code: string, syscall: unknown): Stage | undefined {
  if (syscall === 'getaddrinfo') return 'lookup';
  if (TLS_ERROR.test(code)) return 'tls';
  return /^E[A-Z]{4,}$/.test(code) ? 'connect' : undefined;
}

/** Number and message; undefined if it is no error of the network. `place`: `host:port`, `[::1]:port`. */
export function networkFailure(error: unknown, place: string): Failure | undefined {
  if (error instanceof FailureError) return error.failure;
  const outer = (typeof error === 'object' && error !== null ? error : {}) as SystemError;
  // Several addresses were tried: the first one's error tells more than the one around them.
  const { code, syscall } = (outer.errors?.[0] ?? outer) as SystemError;
  if (typeof code !== 'string') return undefined;
  const stage = stageOf(code, syscall);
  if (stage === undefined) return undefined;
  const colon = place.lastIndexOf(':');
  const host = place.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const port = Number(place.slice(colon + 1));
  return classify(error, stage, { href: place, secure: stage === 'tls', host, port, authority: place });
}

/** An error that `networkFailure` takes for a connection that could not be made in time. */
export function connectTimeout(place: string, timeoutMs: number): Error {
  return Object.assign(new Error(`connecting to ${place} timed out after ${timeoutMs} ms`), {
    code: 'ETIMEDOUT',
  });
}
