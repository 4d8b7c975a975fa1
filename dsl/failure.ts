/** What went wrong, as number and message, for errors of any origin. */

import { CODE, type Failure } from './http/error-codes.ts';

/** Codes of Node's system errors, by what they mean on a connection that was or was not there yet. */
const SYSTEM: Readonly<Record<string, Failure>> = {
  ENOTFOUND: { code: CODE.noSuchHost, message: 'no such host' },
  EAI_AGAIN: { code: CODE.dns, message: 'the name could not be resolved' },
  ECONNREFUSED: { code: CODE.refused, message: 'connection refused' },
  ECONNRESET: { code: CODE.reset, message: 'connection reset by the other side' },
  EPIPE: { code: CODE.brokenPipe, message: 'connection closed while sending (broken pipe)' },
  ETIMEDOUT: { code: CODE.dialTimeout, message: 'connection timed out' },
  EHOSTUNREACH: { code: CODE.dial, message: 'the host cannot be reached' },
  ENETUNREACH: { code: CODE.dial, message: 'the network cannot be reached' },
  EADDRNOTAVAIL: { code: CODE.dial, message: 'no free local port' },
  EMFILE: { code: CODE.dial, message: 'too many open files: raise the limit (ulimit -n)' },
  ERR_TLS_CERT_ALTNAME_INVALID: { code: CODE.wrongHost, message: 'the certificate is for another host' },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    code: CODE.unknownAuthority,
    message: 'the certificate is signed by itself',
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    code: CODE.unknownAuthority,
    message: 'the certificate is signed by an unknown authority',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    code: CODE.unknownAuthority,
    message: 'the certificate is signed by an unknown authority',
  },
};

interface Coded {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly errors?: readonly unknown[];
  readonly cause?: unknown;
}

/** Failing on all addresses of a name gives an AggregateError: its first cause tells more. */
function innermost(error: unknown): Coded {
  const outer = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Coded;
  const first = outer.errors?.[0];
  return typeof first === 'object' && first !== null ? (first as Coded) : outer;
}

/**
 * Number and message of an error: its own where it carries a number as `code` (as HttpError and ProtocolError do),
 * HTTP's number of the same kind for the system's errors, else 1000.
 */
export function failureOf(error: unknown): Failure {
  const { code, message, cause } = innermost(error);
  const text = typeof message === 'string' && message !== '' ? message : String(error);
  if (typeof code === 'number') return { code, message: text };
  const known = typeof code === 'string' ? SYSTEM[code] : undefined;
  if (known !== undefined) return known;
  // `fetch` says no more than that it failed; its cause tells why.
  const causeCode = cause === undefined ? undefined : innermost(cause).code;
  return (
    (typeof causeCode === 'string' ? SYSTEM[causeCode] : undefined) ?? { code: CODE.other, message: text }
  );
}
