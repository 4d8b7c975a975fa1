/**
 * HTTP/1.1 over one open socket, plain or TLS. One request at a time:
 *
 *     idle --dispatch--> under way --the whole response--> idle
 *                                  --… and one of the two said close, or the body is not sent yet, or more came--> closed
 *                                  --error, end, abort--> closed
 *     idle --bytes, end, error, kept long enough--> closed
 *
 * No turn of the event loop is lost in between: when `onComplete` is called, the connection takes the next request. A
 * socket reads into a buffer that the whole thread shares; of it, a body is copied once.
 */

import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { MeteredSocket } from '../metered-socket.ts';
import { StaleConnectionError } from '../stale.ts';
import { closedEarly, unsendable } from './errors.ts';
import type { WireExchange, WireHandler } from './exchange.ts';
import type { ResponseHead } from './head.ts';
import { expectsBody, type HeaderLines, headerLines, requestLine, type WireRequest } from './request-head.ts';
import { ResponseParser, type ResponseSink } from './response-parser.ts';
import { beginReading, type Waiting, waitForReads } from './send-turn.ts';
import { Upload, type UploadOwner } from './upload.ts';

/** Longest time that an idle connection is kept. */
const IDLE_MS = 600_000;
/** Taken off the server's Keep-Alive hint, so that we close before it does. */
const IDLE_MARGIN_MS = 500;
/** Bodies up to this go out in one piece with the head; beyond, copying costs more than a second buffer in the call. */
const JOINED_BYTES = 16_384;

function stale(): StaleConnectionError {
  return new StaleConnectionError('the connection was closed while it was idle');
}

export class WireConnection implements ResponseSink, UploadOwner, Waiting {
  readonly #stream: MeteredSocket | TLSSocket;
  readonly #authority: string;
  readonly #parser: ResponseParser;
  #handler: WireHandler | undefined;
  /** Taken, and not sent before all is read that has arrived. */
  #request: WireExchange | undefined;
  #upload: Upload | undefined;
  #paused = false;
  /** What ends with the response under way. */
  #closes = false;
  #head: ResponseHead | undefined;

  /** Of the last request: the next one is often the same. */
  #method = '';
  #path = '';
  #line = '';
  #headers: WireRequest['headers'] | undefined;
  #lines: HeaderLines | undefined;
  #text = '';
  #repeated = false;
  /** All of it, once it is known to be sent again: Node would encode the text each time. */
  #bytes: Buffer | undefined;

  #idleTimer: NodeJS.Timeout | undefined;
  /** 0: far off. */
  #idleDueAt = 0;
  /** Since the timer was set. */
  #used = false;
  #idleMs = IDLE_MS;
  #idleSince = 0;

  constructor(stream: MeteredSocket | TLSSocket, authority: string) {
    this.#stream = stream;
    this.#authority = authority;
    this.#parser = new ResponseParser(this);
    stream.on('error', (error: Error) => this.#fail(error));
    stream.once('end', () => this.#ended());
    stream.once('close', () => this.#ended());
    if (stream instanceof MeteredSocket && stream.readInto(this.#takeShared)) {
      // A server that speaks first. The request that the connection is for is under way by then.
      const early = stream.readableLength > 0 ? (stream.read() as Buffer | null) : null;
      if (early !== null) setImmediate(this.#takeOwned, early);
    } else {
      stream.on('data', this.#takeOwned);
      stream.resume();
    }
  }

  dispatch(request: WireExchange, handler: WireHandler): void {
    if (this.#stream.destroyed || this.#handler !== undefined) {
      handler.onError(stale());
      return;
    }
    this.#handler = handler;
    if (waitForReads(this)) this.#request = request;
    else this.#begin(request, handler);
  }

  sendNow(): void {
    const request = this.#request;
    const handler = this.#handler;
    if (request === undefined || handler === undefined) return;
    this.#request = undefined;
    if (this.#stream.destroyed) {
      this.#fail(stale());
      return;
    }
    try {
      this.#begin(request, handler);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #begin(request: WireExchange, handler: WireHandler): void {
    const { body, method } = request;
    let text: string;
    let bytes: Uint8Array | undefined;
    let source: Readable | undefined;
    try {
      text = this.#headOf(request);
      if (body instanceof Uint8Array) bytes = body.length === 0 ? undefined : body;
      else if (body !== null) source = body;
      this.#checkLength(bytes, source);
    } catch (error) {
      this.#headers = undefined;
      this.#handler = undefined;
      handler.onError(error as Error);
      return;
    }
    this.#closes = (this.#lines as HeaderLines).closes;
    this.#parser.expect(method === 'HEAD');
    handler.onConnect(this.#abort);
    if (this.#handler !== handler) return;
    if (source !== undefined) this.#sendStream(text, source);
    else {
      if (bytes !== undefined) this.#sendBytes(text, bytes);
      else this.#sendHead(text, method);
      handler.onRequestSent?.();
    }
  }

  /** Closes at once; the request under way fails with `reason`. */
  destroy(reason: Error): void {
    this.#fail(reason);
  }

  #headOf({ method, path, headers, reset }: WireExchange): string {
    const sameLine = path === this.#path && method === this.#method;
    if (!sameLine) {
      this.#line = requestLine(method, path);
      this.#path = path;
      this.#method = method;
    }
    const sameHeaders = headers === this.#headers && this.#lines !== undefined;
    if (!sameHeaders) {
      this.#lines = headerLines(headers, this.#authority, reset);
      this.#headers = headers;
    }
    if (!sameLine || !sameHeaders) {
      this.#text = this.#line + (this.#lines as HeaderLines).text;
      this.#bytes = undefined;
      this.#repeated = false;
    } else this.#repeated = true;
    return this.#text;
  }

  #sendHead(text: string, method: string): void {
    if (this.#bytes !== undefined) {
      this.#stream.write(this.#bytes);
      return;
    }
    const head = `${text}${expectsBody(method) ? 'content-length: 0\r\n' : ''}\r\n`;
    if (!this.#repeated) this.#stream.write(head, 'latin1');
    else {
      this.#bytes = Buffer.from(head, 'latin1');
      this.#stream.write(this.#bytes);
    }
  }

  #checkLength(bytes: Uint8Array | undefined, source: Readable | undefined): void {
    const { contentLength } = this.#lines as HeaderLines;
    if (contentLength === undefined || source !== undefined) return;
    if (contentLength !== (bytes?.length ?? 0))
      throw unsendable('the body is not as long as its content-length');
  }

  #sendBytes(text: string, body: Uint8Array): void {
    const head = `${text}content-length: ${body.length}\r\n\r\n`;
    const stream = this.#stream;
    if (body.length <= JOINED_BYTES) {
      const all = Buffer.allocUnsafe(head.length + body.length);
      all.write(head, 0, head.length, 'latin1');
      all.set(body, head.length);
      stream.write(all);
      return;
    }
    stream.cork();
    stream.write(head, 'latin1');
    stream.write(body);
    stream.uncork();
  }

  #sendStream(text: string, source: Readable): void {
    const length = (this.#lines as HeaderLines).contentLength;
    const framing = length === undefined ? 'transfer-encoding: chunked' : `content-length: ${length}`;
    this.#stream.write(`${text}${framing}\r\n\r\n`, 'latin1');
    this.#upload = new Upload(source, length, this.#stream, this);
  }

  onUploaded(): void {
    this.#upload = undefined;
    this.#handler?.onRequestSent?.();
  }

  onUploadFailed(error: Error): void {
    this.#upload = undefined;
    this.#fail(error);
  }

  // From the socket.

  readonly #takeShared = (bytes: Buffer, length: number): void => {
    this.#take(bytes, length, false);
  };

  readonly #takeOwned = (bytes: Buffer): void => {
    this.#take(bytes, bytes.length, true);
  };

  #take(bytes: Buffer, length: number, owned: boolean): void {
    beginReading();
    try {
      this.#parser.feed(bytes, 0, length, owned);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #ended(): void {
    this.#closes = true;
    const { errored } = this.#stream;
    if (errored === null && this.#parser.close()) return;
    this.#fail(errored ?? closedEarly());
  }

  #fail(error: Error): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.#request = undefined;
    this.#parser.stop();
    this.#upload?.stop();
    this.#upload = undefined;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#stream.destroy();
    handler?.onError(error);
  }

  readonly #abort = (reason: Error): void => {
    if (this.#handler !== undefined) this.#fail(reason);
  };

  readonly #resume = (): void => {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream.resume();
  };

  // From the parser.

  onFirstByte(): void {
    this.#handler?.onResponseStarted?.();
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
    this.#handler?.onHeaders(head.status, head.headers, this.#resume, head.statusText);
  }

  onBody(chunk: Buffer): void {
    if (this.#handler?.onData(chunk) === false && !this.#paused) {
      this.#paused = true;
      this.#stream.pause();
    }
  }

  onEnd(more: boolean, atOnce: boolean): void {
    const handler = this.#handler;
    // The receiver of the last byte may have aborted.
    if (handler === undefined) return;
    this.#handler = undefined;
    const head = this.#head as ResponseHead;
    const idleMs = head.idleMs === -1 ? IDLE_MS : head.idleMs - IDLE_MARGIN_MS;
    if (this.#closes || more || this.#upload !== undefined || !head.keepsOpen || idleMs <= 0) {
      this.#upload?.stop();
      this.#upload = undefined;
      clearTimeout(this.#idleTimer);
      this.#stream.destroy();
    } else {
      this.#resume();
      this.#keepFor(idleMs);
    }
    try {
      handler.onComplete(atOnce);
    } catch (error) {
      handler.onError(error as Error);
    }
  }

  onUnasked(): void {
    this.#stream.destroy();
  }

  // Idle. One timer is set and looks again when it is due: most connections are in use by then. The clock is read only
  // for a server that gives a hint; without one, it does not matter whether a connection is kept for one limit or two.

  #keepFor(ms: number): void {
    this.#idleMs = ms;
    this.#used = true;
    if (ms === IDLE_MS) {
      if (this.#idleTimer === undefined) this.#lookIn(ms, 0);
      return;
    }
    const now = performance.now();
    this.#idleSince = now;
    if (this.#idleTimer !== undefined && this.#idleDueAt > 0 && this.#idleDueAt <= now + ms) return;
    clearTimeout(this.#idleTimer);
    this.#lookIn(ms, now + ms);
  }

  #lookIn(ms: number, dueAt: number): void {
    this.#idleDueAt = dueAt;
    this.#idleTimer = setTimeout(this.#look, ms);
    this.#idleTimer.unref();
  }

  readonly #look = (): void => {
    const ms = this.#idleMs;
    const busy = this.#handler !== undefined;
    if (ms === IDLE_MS) {
      if (!busy && !this.#used) this.#stream.destroy();
      else this.#lookIn(ms, 0);
      this.#used = false;
      return;
    }
    const now = performance.now();
    const left = busy ? ms : this.#idleSince + ms - now;
    // Timers may come a millisecond early.
    if (left <= 1) this.#stream.destroy();
    else this.#lookIn(left, now + left);
  };
}
