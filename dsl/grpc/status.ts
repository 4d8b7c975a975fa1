/** gRPC's statuses, and the numbers under which they stand among Brunt's error codes. */

import { CODE } from '../http/error-codes.ts';

export const STATUS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type StatusName = keyof typeof STATUS;

const NAMES = Object.keys(STATUS) as StatusName[];

export function statusName(status: number): StatusName {
  return NAMES[status] ?? 'UNKNOWN';
}

/** 1801 to 1816. */
const BASE = 1800;

/** What the library says of failures that never reached a server, and HTTP's number of the same. */
const BROKEN: readonly (readonly [pattern: RegExp, code: number])[] = [
  [/ECONNREFUSED/, CODE.refused],
  [/ENOTFOUND/, CODE.noSuchHost],
  [/Name resolution failed|EAI_AGAIN/, CODE.dns],
  [/ECONNRESET|Connection dropped|socket hang up/, CODE.reset],
  [/EPIPE/, CODE.brokenPipe],
  [/altnames|ALTNAME/, CODE.wrongHost],
  [/self-signed|self signed|unable to verify|issuer cert/i, CODE.unknownAuthority],
  [/SSL routines|wrong version number|TLS|EPROTO/, CODE.tls],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EMFILE/, CODE.dial],
];

/** Error code of a call; `answered` tells whether the status is the server's own. */
export function errorCodeOf(status: number, details: string, answered: boolean): number {
  if (status === 0) return 0;
  if (!answered && status === STATUS.DEADLINE_EXCEEDED) return CODE.timeout;
  if (!answered && status === STATUS.UNAVAILABLE) {
    for (const [pattern, code] of BROKEN) if (pattern.test(details)) return code;
  }
  return BASE + status;
}

/**
 * Statuses that the library made itself, by its words: there was no answer, so there is no time of one. A server may
 * use the same words, which costs its answer the place in `grpc_req_duration` and no more.
 */
const OWN_WORDS =
  /^(?:Deadline exceeded after|No connection established|Name resolution failed|Connection dropped|Received RST_STREAM|Call cancelled|Cancelled on client|Failed to start HTTP\/2 stream|Stream refused by server|Write (?:error|failed)|No status information received|Channel (?:closed|shutting down)|Received HTTP status code|Waiting for LB pick|read ECONN|The pending stream has been canceled|Server returned invalid)/;

export function isAnswer(status: number, details: string): boolean {
  return status === 0 || !OWN_WORDS.test(details);
}

/** For the ERRORS section: without addresses of attempts and other parts that differ from call to call. */
export function groupedMessage(status: number, details: string): string {
  const plain = details
    .replace(/^No connection established\. Last error: /, '')
    .replace(/^Deadline exceeded(?: after [\d.]+s.*)?$/, 'deadline exceeded')
    .replace(/\. Resolution note: .*$/, '')
    .replace(/ \(\d{4}-\d\d-\d\dT[^)]*\)/g, '');
  return plain === '' ? statusName(status) : `${statusName(status)}: ${plain}`;
}

/** Rejected by calls with `throw`, and by `connect`. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  /** As `errorCode` of a response. */
  readonly code: number;
  readonly status: number;
  readonly response: unknown;

  constructor(message: string, code: number, status: number, response: unknown) {
    super(message);
    this.code = code;
    this.status = status;
    this.response = response;
  }
}
