/**
 * Kinds of failure of WebSockets. Those of connecting are HTTP's (see `http/error-codes.ts`): 1020, 1050, 1100 to 1311,
 * 1220 for a reset, and 1000 + status where the server answers the handshake with a 4xx or 5xx.
 *
 *     1800 other      1801 the answer is no WebSocket handshake      1802 subprotocol or extension not as agreed
 *     1810 closed without a close frame (1006)      1811 malformed frame or message (1002, 1007, 1008)
 *     1812 message too big (1009)      1813 the other side did not answer the close frame
 *     1814 closed by the other side with an error code (1002, 1003, 1007 to 1014)
 *     1820 closed while something was waited for      1821 used after it was closed
 *     1830 no pong: the connection is dead or half-open
 */

import { CODE, classify, type Failure } from '../http/error-codes.ts';
import type { Origin } from '../http/url.ts';

export const WS_CODE = {
  other: 1800,
  handshake: 1801,
  agreement: 1802,
  abnormal: 1810,
  malformed: 1811,
  tooBig: 1812,
  closeTimeout: 1813,
  closedByError: 1814,
  closedWaiting: 1820,
  notOpen: 1821,
  noPong: 1830,
} as const;

/** Rejected by everything that fails on a WebSocket; `code` is the kind of failure, `status` that of a refused handshake. */
export class WsError extends Error {
  override readonly name = 'WsError';
  readonly code: number;
  readonly status: number;

  constructor(message: string, code: number, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** The server answered, but not by switching protocols. */
export function refusedHandshake(status: number): Failure {
  if (status >= 400 && status < 600)
    return { code: 1000 + status, message: `the handshake was refused with status ${status}` };
  return { code: WS_CODE.handshake, message: `the handshake was answered with status ${status}, not 101` };
}

/** What the `ws` package, Node's parser or the socket reported before the socket was open. */
export function handshakeFailure(error: Error, origin: Origin): Failure {
  const { message } = error;
  if (/subprotocol|extension|Sec-WebSocket-Extensions/i.test(message))
    return { code: WS_CODE.agreement, message: `handshake: ${message}` };
  if (/Invalid (Upgrade|Sec-WebSocket-Accept) header/.test(message))
    return { code: WS_CODE.handshake, message: `handshake: ${message}` };
  if (codeOf(error).startsWith('HPE_'))
    return { code: CODE.malformed, message: 'the answer to the handshake is not HTTP' };
  if (message === 'socket hang up')
    return { code: CODE.tcp, message: 'connection closed during the handshake' };
  return classify(error, 'exchange', origin);
}

/** The same, of an open socket. */
export function brokenSocket(error: Error, origin: Origin): Failure {
  const code = codeOf(error);
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' || code === 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH')
    return { code: WS_CODE.tooBig, message: 'a message is longer than maxPayload (1009)' };
  if (code.startsWith('WS_ERR_'))
    return { code: WS_CODE.malformed, message: `malformed frame: ${error.message}` };
  if (code.startsWith('Z_'))
    return { code: WS_CODE.malformed, message: `a message cannot be decompressed (${code})` };
  return classify(error, 'exchange', origin);
}

/** Registered close codes that say that something went wrong (RFC 6455, 7.4.1, and the IANA registry). */
const ERROR_CODES: Readonly<Record<number, string>> = {
  1002: 'protocol error',
  1003: 'unsupported data',
  1007: 'invalid data',
  1008: 'policy violation',
  1009: 'message too big',
  1010: 'extension missing',
  1011: 'internal error',
  1012: 'service restart',
  1013: 'try again later',
  1014: 'bad gateway',
};

/** The other side's close frame names an error; undefined where it does not. */
export function closedByError(code: number, reason: string): Failure | undefined {
  const meaning = ERROR_CODES[code];
  if (meaning === undefined) return undefined;
  const why = reason === '' ? '' : `: ${reason}`;
  return { code: WS_CODE.closedByError, message: `closed by the other side with ${code} (${meaning})${why}` };
}
