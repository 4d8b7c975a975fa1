/**
 * Responses out of bytes that come in pieces of any size, one response at a time.
 *
 *     state         on                                    goes to
 *     idle          expect()                              head
 *                   any byte                              idle, onUnasked
 *     any           stop()                                idle
 *     head          the empty line, status 1xx            head (101: malformed, nobody asked for it)
 *                   … 204, 304, answer to HEAD            idle, onEnd
 *                   … transfer-encoding ends in chunked   size
 *                   … another transfer-encoding           until-close
 *                   … content-length n                    length (n = 0: idle, onEnd)
 *                   … none of these                       until-close
 *     length        the last byte                         idle, onEnd
 *     until-close   end of the connection                 idle, onEnd
 *     size          hex digits; `;` SP HT                 size; extension
 *                   CR                                    size-lf
 *     extension     field bytes; CR                       extension; size-lf
 *     size-lf       LF                                    chunk (size 0: trailer)
 *     chunk         the last byte                         chunk-cr
 *     chunk-cr, chunk-lf   CR, LF                         chunk-lf, size
 *     trailer       token; CR                             trailer-name; end-lf
 *     trailer-name  token; `:`                            trailer-name; trailer-value
 *     trailer-value field bytes; CR                       trailer-value; trailer-lf
 *     trailer-lf    LF                                    trailer
 *     end-lf        LF                                    idle, onEnd
 *
 * Everything else is malformed and throws FailureError 1690. Trailers are passed over.
 */

import { COLON, CR, FIELD, HEX, HT, LF, SEMICOLON, SP, TOKEN } from './bytes.ts';
import { malformed } from './errors.ts';
import { type ResponseHead, readHead } from './head.ts';
import { recall, remember } from './head-memo.ts';

/** As much as Chrome takes; Node's 16 KB is a server's limit. */
const MAX_HEAD_BYTES = 262_144;
/** Of extensions and trailers of one response. */
const MAX_EXTRA_BYTES = 65_536;
const MAX_CHUNK = 2 ** 48;
/** Up to this, a loop copies faster than Node's function, which makes a view first. */
const LOOP_BYTES = 192;

export interface ResponseSink {
  /** The first byte of the response is there. */
  onFirstByte(): void;
  /** Status 200 and above. */
  onHead(head: ResponseHead): void;
  /** A part of the body; the bytes are the receiver's own. */
  onBody(bytes: Buffer): void;
  /**
   * The parser is idle again. `more`: bytes follow that belong to no response. `atOnce`: the whole response came in one
   * read.
   */
  onEnd(more: boolean, atOnce: boolean): void;
  /** Bytes while no response is expected. */
  onUnasked(): void;
}

type State =
  | 'idle'
  | 'head'
  | 'length'
  | 'until-close'
  | 'size'
  | 'extension'
  | 'size-lf'
  | 'chunk'
  | 'chunk-cr'
  | 'chunk-lf'
  | 'trailer'
  | 'trailer-name'
  | 'trailer-value'
  | 'trailer-lf'
  | 'end-lf';

export class ResponseParser {
  readonly #sink: ResponseSink;
  #state: State = 'idle';
  #toHead = false;
  #started = false;
  #atOnce = false;
  /** Of a head that was cut. */
  #partial: Buffer | undefined;
  /** Of the body or the chunk. */
  #left = 0;
  #digits = 0;
  #extra = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** A request is sent: what comes from now on answers it. */
  expect(toHead: boolean): void {
    this.#state = 'head';
    this.#toHead = toHead;
    this.#started = false;
    this.#partial = undefined;
  }

  /** Nothing more is told of the response under way. */
  stop(): void {
    this.#state = 'idle';
    this.#partial = undefined;
  }

  /** The connection has ended. True if that was the end of the response. */
  close(): boolean {
    if (this.#state !== 'until-close') return false;
    this.#state = 'idle';
    this.#sink.onEnd(false, false);
    return true;
  }

  /** `owned`: the bytes stay as they are, so that bodies can be slices of them; otherwise they are copied. */
  feed(bytes: Buffer, start: number, end: number, owned: boolean): void {
    this.#atOnce = !this.#started;
    if (this.#state === 'head') {
      if (!this.#started) {
        this.#started = true;
        this.#sink.onFirstByte();
      }
      if (this.#partial === undefined) this.#feedHead(bytes, start, end, owned);
      else {
        const whole = Buffer.concat([this.#partial, bytes.subarray(start, end)]);
        this.#partial = undefined;
        this.#feedHead(whole, 0, whole.length, true);
      }
    } else this.#feedBody(bytes, start, end, owned);
  }

  #feedHead(bytes: Buffer, start: number, end: number, owned: boolean): void {
    let at = start;
    for (;;) {
      let head = recall(bytes, at, end);
      if (head === undefined) {
        head = readHead(bytes, at, end);
        if (head !== undefined) remember(head, end - at);
      }
      if ((head === undefined ? end - at : head.bytes.length) > MAX_HEAD_BYTES)
        throw malformed('its headers are too long');
      if (head === undefined) {
        this.#partial = owned ? bytes.subarray(at, end) : Buffer.from(bytes.subarray(at, end));
        return;
      }
      at += head.bytes.length;
      if (head.status >= 200) {
        this.#begin(head);
        this.#sink.onHead(head);
        this.#feedBody(bytes, at, end, owned);
        return;
      }
      if (head.status === 101) throw malformed('it switches protocols unasked');
      if (at === end) return;
    }
  }

  #begin({ status, transferCoding, contentLength }: ResponseHead): void {
    this.#digits = 0;
    this.#extra = 0;
    this.#left = 0;
    if (this.#toHead || status === 204 || status === 304) this.#state = 'length';
    else if (transferCoding === 'chunked') this.#state = 'size';
    else if (transferCoding === 'end' || contentLength === -1) this.#state = 'until-close';
    else {
      this.#state = 'length';
      this.#left = contentLength;
    }
  }

  #feedBody(bytes: Buffer, start: number, end: number, owned: boolean): void {
    let at = start;
    for (;;) {
      switch (this.#state) {
        case 'length':
        case 'chunk': {
          const next = Math.min(end, at + this.#left);
          if (next > at) {
            this.#left -= next - at;
            this.#hand(bytes, at, next, owned);
            at = next;
          }
          // The receiver may have aborted.
          if (this.#left > 0 || (this.#state !== 'length' && this.#state !== 'chunk')) return;
          if (this.#state === 'length') {
            this.#end(at < end);
            return;
          }
          this.#state = 'chunk-cr';
          break;
        }
        case 'until-close':
          if (at < end) this.#hand(bytes, at, end, owned);
          return;
        case 'idle':
          if (at < end) this.#sink.onUnasked();
          return;
        default:
          if (at === end) return;
          if (this.#feedFrame(bytes[at++] as number)) {
            this.#end(at < end);
            return;
          }
      }
    }
  }

  #hand(bytes: Buffer, start: number, end: number, owned: boolean): void {
    if (owned) {
      this.#sink.onBody(bytes.subarray(start, end));
      return;
    }
    const length = end - start;
    const copy = Buffer.allocUnsafe(length);
    if (length > LOOP_BYTES) bytes.copy(copy, 0, start, end);
    else for (let i = 0; i < length; i++) copy[i] = bytes[start + i] as number;
    this.#sink.onBody(copy);
  }

  #end(more: boolean): void {
    this.#state = 'idle';
    this.#sink.onEnd(more, this.#atOnce);
  }

  /** A byte between the chunks; true if it was the last one of the response. */
  #feedFrame(byte: number): boolean {
    switch (this.#state) {
      case 'size': {
        const digit = HEX[byte] as number;
        if (digit > 0) {
          this.#digits++;
          this.#left = this.#left * 16 + digit - 1;
          if (this.#left > MAX_CHUNK) throw malformed('a chunk is too long');
        } else if (this.#digits === 0) throw malformed('a chunk does not begin with its size');
        else if (byte === CR) this.#state = 'size-lf';
        else if (byte === SEMICOLON || byte === SP || byte === HT) this.#state = 'extension';
        else throw malformed('the size of a chunk is not a number');
        return false;
      }
      case 'extension':
        if (byte === CR) this.#state = 'size-lf';
        else this.#countExtra(FIELD[byte] === 1, 'an extension of a chunk cannot be read');
        return false;
      case 'size-lf':
        if (byte !== LF) throw malformed('the size of a chunk ends without a line feed');
        this.#state = this.#left > 0 ? 'chunk' : 'trailer';
        return false;
      case 'chunk-cr':
        if (byte !== CR) throw malformed('a chunk is longer than its size');
        this.#state = 'chunk-lf';
        return false;
      case 'chunk-lf':
        if (byte !== LF) throw malformed('a chunk ends without a line feed');
        this.#state = 'size';
        this.#digits = 0;
        return false;
      case 'trailer':
        // Names are not kept, so where they end does not matter; an empty one does.
        if (byte === CR) this.#state = 'end-lf';
        else {
          this.#countExtra(TOKEN[byte] === 1, 'a trailer has no valid name');
          this.#state = 'trailer-name';
        }
        return false;
      case 'trailer-name':
        if (byte === COLON) this.#state = 'trailer-value';
        else this.#countExtra(TOKEN[byte] === 1, 'a trailer has no valid name');
        return false;
      case 'trailer-value':
        if (byte === CR) this.#state = 'trailer-lf';
        else this.#countExtra(FIELD[byte] === 1, 'the value of a trailer has a byte that it must not have');
        return false;
      case 'trailer-lf':
        if (byte !== LF) throw malformed('a trailer ends without a line feed');
        this.#state = 'trailer';
        return false;
      case 'end-lf':
        if (byte !== LF) throw malformed('it ends without a line feed');
        return true;
      default:
        throw new Error(`no framing in the state ${this.#state}`);
    }
  }

  #countExtra(valid: boolean, otherwise: string): void {
    if (!valid) throw malformed(otherwise);
    if (++this.#extra > MAX_EXTRA_BYTES) throw malformed('its extensions and trailers are too long');
  }
}
