/**
 * The head of a response, in one pass over its bytes:
 *
 *     head   = "HTTP/1." ("0" | "1") SP 3DIGIT [SP reason] CRLF *(field CRLF) CRLF
 *     field  = token ":" *(SP | HT) value *(SP | HT)
 *     reason, value = bytes of class FIELD
 *
 * Lines end with CRLF and nothing else; folded lines and spaces before the colon are refused, as Node's parser does. A
 * head that has not arrived whole is read from its beginning again when more has: it is short and seldom cut, and so
 * garbage is known as such at once.
 */

import { COLON, CR, FIELD, HT, LF, SP, TOKEN } from './bytes.ts';
import { malformed } from './errors.ts';

export interface ResponseHead {
  /** All of it, with the empty line at the end. */
  readonly bytes: Buffer;
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn, as slices of `bytes`. */
  readonly headers: readonly Buffer[];
  /** -1 where the server does not say. */
  readonly contentLength: number;
  /** `end`: coded in a way whose end only the end of the connection shows. */
  readonly transferCoding: 'none' | 'chunked' | 'end';
  /** Whether the server will take another request on this connection, as far as the head tells. */
  readonly keepsOpen: boolean;
  /** How long the server keeps an idle connection, by its Keep-Alive header; -1 where it does not say. */
  readonly idleMs: number;
}

const VERSION = Buffer.from('HTTP/1.');
const STATUS_AT = 9;
const ZERO = 0x30;
const ONE = 0x31;

/** Offsets of names and values while a head is read: begin and end in turn. One is enough for a thread. */
const marks: number[] = [];

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** Throws if what is there of the first 12 bytes is not `HTTP/1.1 200`. */
function checkStart(bytes: Buffer, start: number, end: number): void {
  const length = Math.min(end - start, STATUS_AT + 3);
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] as number;
    const right =
      i < 7
        ? byte === VERSION[i]
        : i === 7
          ? byte === ZERO || byte === ONE
          : i === 8
            ? byte === SP
            : isDigit(byte);
    if (!right) throw malformed(i < 7 ? 'it does not begin with HTTP/1' : 'its status line cannot be read');
  }
}

function checkLineFeed(byte: number): void {
  if (byte !== LF) throw malformed('a line of its head ends without a line feed');
}

/** Undefined while it has not arrived whole. Throws FailureError 1690. `end`: of what has arrived. */
export function readHead(bytes: Buffer, start: number, end: number): ResponseHead | undefined {
  checkStart(bytes, start, end);
  const reasonAt = start + STATUS_AT + 3;
  let at = reasonAt;
  if (at >= end) return undefined;
  if (bytes[at] !== SP && bytes[at] !== CR) throw malformed('its status line cannot be read');
  while (at < end && FIELD[bytes[at] as number] === 1) at++;
  const reasonEnd = at;
  if (at + 1 >= end && (at >= end || bytes[at] === CR)) return undefined;
  if (bytes[at] !== CR) throw malformed('its status line cannot be read');
  checkLineFeed(bytes[at + 1] as number);
  at += 2;

  let count = 0;
  for (;;) {
    if (at >= end) return undefined;
    if (bytes[at] === CR) {
      if (at + 1 >= end) return undefined;
      checkLineFeed(bytes[at + 1] as number);
      at += 2;
      break;
    }
    const nameAt = at;
    while (at < end && TOKEN[bytes[at] as number] === 1) at++;
    if (at >= end) return undefined;
    if (bytes[at] !== COLON || at === nameAt) throw malformed('a header has no valid name');
    marks[count++] = nameAt - start;
    marks[count++] = at - start;
    at++;
    while (at < end && (bytes[at] === SP || bytes[at] === HT)) at++;
    const valueAt = at;
    while (at < end && FIELD[bytes[at] as number] === 1) at++;
    if (at >= end) return undefined;
    if (bytes[at] !== CR) throw malformed('the value of a header has a byte that it must not have');
    let valueEnd = at;
    while (valueEnd > valueAt && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HT)) valueEnd--;
    marks[count++] = valueAt - start;
    marks[count++] = valueEnd - start;
    if (at + 1 >= end) return undefined;
    checkLineFeed(bytes[at + 1] as number);
    at += 2;
  }
  return makeHead(bytes, start, at, reasonAt === reasonEnd ? reasonAt : reasonAt + 1, reasonEnd, count);
}

/** From the offsets in `marks`. */
function makeHead(
  source: Buffer,
  start: number,
  end: number,
  reasonAt: number,
  reasonEnd: number,
  count: number,
): ResponseHead {
  const bytes = Buffer.allocUnsafe(end - start);
  source.copy(bytes, 0, start, end);
  const headers = new Array<Buffer>(count / 2);
  let contentLength = -1;
  let transferCoding = '';
  let connection = '';
  let keepAlive = '';
  for (let i = 0; i < count; i += 4) {
    const nameAt = marks[i] as number;
    const nameEnd = marks[i + 1] as number;
    const value = bytes.subarray(marks[i + 2] as number, marks[i + 3] as number);
    headers[i / 2] = bytes.subarray(nameAt, nameEnd);
    headers[i / 2 + 1] = value;
    const length = nameEnd - nameAt;
    const first = (bytes[nameAt] as number) | 0x20;
    // By length and first letter: content-length, transfer-encoding, connection and keep-alive.
    const notable =
      (first === 0x63 && (length === 14 || length === 10)) ||
      (first === 0x74 && length === 17) ||
      (first === 0x6b && length === 10);
    if (!notable) continue;
    switch (bytes.toString('latin1', nameAt, nameEnd).toLowerCase()) {
      case 'content-length': {
        const said = readLength(value);
        if (contentLength !== -1 && contentLength !== said)
          throw malformed('it names two different content-lengths');
        contentLength = said;
        break;
      }
      case 'transfer-encoding':
        transferCoding += `,${value.toString('latin1')}`;
        break;
      case 'connection':
        connection += `,${value.toString('latin1')}`;
        break;
      case 'keep-alive':
        keepAlive += `,${value.toString('latin1')}`;
        break;
      default:
    }
  }
  const coding =
    transferCoding === '' ? 'none' : /(?:^|,)[ \t]*chunked[ \t]*$/i.test(transferCoding) ? 'chunked' : 'end';
  // Which of the two holds is what attacks on proxies are made of.
  if (coding !== 'none' && contentLength !== -1)
    throw malformed('it names both a content-length and a transfer-encoding');
  const isOld = source[start + 7] === ZERO;
  const hint = keepAlive === '' ? null : /(?:^|[,;])\s*timeout\s*=\s*"?(\d{1,9})/i.exec(keepAlive);
  return {
    bytes,
    status: Number(bytes.toString('latin1', STATUS_AT, STATUS_AT + 3)),
    statusText: bytes.toString('latin1', reasonAt - start, reasonEnd - start),
    headers,
    contentLength,
    transferCoding: coding,
    keepsOpen: isOld ? hasOption(connection, 'keep-alive') : !hasOption(connection, 'close'),
    idleMs: hint === null ? -1 : Number(hint[1]) * 1000,
  };
}

function readLength(value: Buffer): number {
  // 15 digits are below 2^53.
  if (value.length === 0 || value.length > 15) throw malformed('its content-length is not a length');
  let length = 0;
  for (const byte of value) {
    if (!isDigit(byte)) throw malformed('its content-length is not a number');
    length = length * 10 + (byte - ZERO);
  }
  return length;
}

function hasOption(list: string, option: string): boolean {
  if (list === '') return false;
  return list
    .toLowerCase()
    .split(',')
    .some((item) => item.trim() === option);
}
