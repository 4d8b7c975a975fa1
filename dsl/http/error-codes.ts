/**
 * Kinds of failure, with k6's numbers.
 *
 *     1000 other      1020 URL cannot be parsed      1050 request timed out
 *     1100 name resolution      1101 no such host      1110 address in blacklistIPs      1111 host in blockHostnames
 *     1200 connection closed early or broken      1201 broken pipe      1220 reset by the other side
 *     1210 cannot connect      1211 connecting timed out      1212 refused
 *     1300 TLS      1310 certificate of unknown authority      1311 certificate of another host
 *     1400-1499, 1500-1599 1000 + status of a 4xx or 5xx response (`error` stays empty)
 *     HTTP/2: 1610 + n the connection was given up (GOAWAY)      1630 + n the stream was reset, where n is 1 + the
 *          code of RFC 9113: 1638 refused, 1639 cancelled      1650 the connection broke the protocol
 *     1690 the answer is not HTTP (Brunt's own number; k6 says 1000)      1701 the body cannot be decompressed
 */

import { isIP } from 'node:net';
import type { Origin } from './url.ts';

export const CODE = {
  other: 1000,
  invalidUrl: 1020,
  timeout: 1050,
  /** The run ended first. k6 has no code for it, as it does not count such requests. */
  interrupted: 1051,
  dns: 1100,
  noSuchHost: 1101,
  blockedAddress: 1110,
  blockedName: 1111,
  tcp: 1200,
  brokenPipe: 1201,
  dial: 1210,
  dialTimeout: 1211,
  refused: 1212,
  reset: 1220,
  tls: 1300,
  unknownAuthority: 1310,
  wrongHost: 1311,
  /** And those above it, as for `http2Stream`: 1 + HTTP/2's own code. */
  http2GoAway: 1610,
  http2Stream: 1630,
  http2Connection: 1650,
  malformed: 1690,
  decompression: 1701,
} as const;

/** What a request that has no response yet is waiting for. */
export type Stage = 'lookup' | 'connect' | 'tls' | 'exchange';

export interface Failure {
  readonly code: number;
  /** Without anything that differs from request to request, so that equal failures group. */
  readonly message: string;
}

/** Rejected by `throw: true`; `code` is the number, `response` what the request would have resolved with. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: number;
  readonly response: unknown;

  constructor(message: string, code: number, response: unknown) {
    super(message);
    this.code = code;
    this.response = response;
  }
}

/** Marks failures that Brunt itself found, with their number. */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

const UNKNOWN_AUTHORITY = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

interface SystemError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly errors?: readonly unknown[];
  readonly reason?: unknown;
}

/** Happy eyeballs fail with an AggregateError: its first cause tells more than its empty message. */
function unwrap(error: unknown): SystemError {
  const outer = (typeof error === 'object' && error !== null ? error : { message: error }) as SystemError;
  const first = outer.errors?.[0];
  return typeof first === 'object' && first !== null ? (first as SystemError) : outer;
}

function duringLookup(code: string, origin: Origin): Failure {
  if (code === 'ENOTFOUND') return { code: CODE.noSuchHost, message: `no such host: ${origin.host}` };
  return { code: CODE.dns, message: `the name ${origin.host} could not be resolved: ${code}` };
}

function duringConnect(code: string, origin: Origin): Failure {
  const place = isIP(origin.host) === 6 ? `[${origin.host}]:${origin.port}` : `${origin.host}:${origin.port}`;
  switch (code) {
    case 'ECONNREFUSED':
      return { code: CODE.refused, message: `connection refused by ${place}` };
    case 'ETIMEDOUT':
      return { code: CODE.dialTimeout, message: `connecting to ${place} timed out` };
    case 'ECONNRESET':
      return { code: CODE.reset, message: `connection reset by ${place} while connecting` };
    case 'EADDRNOTAVAIL':
      return { code: CODE.dial, message: `no free local port to connect to ${place} (EADDRNOTAVAIL)` };
    case 'EMFILE':
    case 'ENFILE':
      return { code: CODE.dial, message: `too many open files (${code}): raise the limit (ulimit -n)` };
    default:
      return { code: CODE.dial, message: `cannot connect to ${place}: ${code}` };
  }
}

function duringTls(code: string, error: SystemError, origin: Origin): Failure {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return { code: CODE.wrongHost, message: `the certificate is not for ${origin.host}` };
  }
  if (UNKNOWN_AUTHORITY.has(code)) {
    return {
      code: CODE.unknownAuthority,
      message: `the certificate of ${origin.host} is signed by an unknown authority (${code})`,
    };
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return { code: CODE.reset, message: `connection closed by ${origin.authority} during the TLS handshake` };
  }
  const hint =
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO' ? ' (is it a plain http server?)' : '';
  const reason = typeof error.reason === 'string' ? error.reason : code;
  return { code: CODE.tls, message: `TLS handshake with ${origin.authority} failed: ${reason}${hint}` };
}

function duringExchange(code: string, error: SystemError): Failure {
  switch (code) {
    case 'ECONNRESET':
      return { code: CODE.reset, message: 'connection reset by the other side' };
    case 'EPIPE':
      return { code: CODE.brokenPipe, message: 'connection closed while the request was sent (broken pipe)' };
    case 'ETIMEDOUT':
      return { code: CODE.tcp, message: 'connection lost (the other side stopped answering)' };
    case 'UND_ERR_SOCKET':
      if (error.message === 'bad upgrade') {
        return { code: CODE.malformed, message: 'malformed response: it switches protocols unasked' };
      }
      if (error.message === 'bad response') {
        return { code: CODE.malformed, message: 'malformed response: not what was asked for' };
      }
      return { code: CODE.tcp, message: 'connection closed before the response was complete' };
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return { code: CODE.tcp, message: 'the body is not as long as its content-length' };
    case 'UND_ERR_HEADERS_OVERFLOW':
      return { code: CODE.malformed, message: 'malformed response: its headers are too long' };
    default:
      if (error.name === 'HTTPParserError') {
        const detail = /\((.*)\)$/.exec(String(error.message))?.[1] ?? 'it cannot be parsed';
        return { code: CODE.malformed, message: `malformed response: ${detail}` };
      }
      // In TLS 1.3 a server looks at the client's certificate after the client's handshake has ended.
      if (/^ERR_(?:SSL|TLS)_/.test(code)) {
        const reason = typeof error.reason === 'string' ? error.reason : code;
        return { code: CODE.tls, message: `TLS failed: ${reason}` };
      }
      return { code: CODE.other, message: typeof error.message === 'string' ? error.message : code };
  }
}

/** Number and message of what went wrong at a stage. */
export function classify(error: unknown, stage: Stage, origin: Origin): Failure {
  if (error instanceof FailureError) return error.failure;
  const inner = unwrap(error);
  const code = typeof inner.code === 'string' ? inner.code : 'UNKNOWN';
  if (stage === 'lookup') return duringLookup(code, origin);
  if (stage === 'connect') return duringConnect(code, origin);
  if (stage === 'tls') return duringTls(code, inner, origin);
  return duringExchange(code, inner);
}

/** What a request that ran out of time was waiting for. */
export function timeoutFailure(stage: Stage, timeoutMs: number, origin: Origin): Failure {
  switch (stage) {
    case 'lookup':
      return {
        code: CODE.timeout,
        message: `request timed out after ${timeoutMs} ms, resolving ${origin.host}`,
      };
    case 'connect':
      return {
        code: CODE.dialTimeout,
        message: `connecting to ${origin.authority} timed out after ${timeoutMs} ms`,
      };
    case 'tls':
      return { code: CODE.timeout, message: `request timed out after ${timeoutMs} ms, in the TLS handshake` };
    case 'exchange':
      return { code: CODE.timeout, message: `request timed out after ${timeoutMs} ms` };
  }
}

/** Codes of requests that cannot be written: mistakes of the script. */
const MISUSE = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

export function isMisuse(error: Error): boolean {
  return MISUSE.has(codeOf(error));
}

/** A server of HTTP/2 turned the request away unseen, so that it may be sent again. */
export function isRefusedStream(error: Error): boolean {
  return error instanceof FailureError && error.failure.code === CODE.http2Stream + 8;
}

/** A request ran out of time. */
export function isTimeout(error: Error): boolean {
  return error instanceof FailureError && error.failure.code === CODE.timeout;
}

/** The other side ended the connection, in order or not. */
export function isClosed(error: Error): boolean {
  return CLOSED.has(codeOf(error));
}
