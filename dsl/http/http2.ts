/**
 * HTTP/2 over one connection, by Node's own client. It takes the same requests and calls the same handlers as the
 * connections of HTTP/1.1, many at a time:
 *
 *     room -> dispatch -> stream: HEADERS, DATA -> response, data … end        (each request has a stream of its own)
 *     no room: as many streams as the server allows are open; the pool opens another connection, as Go does
 *     closing: GOAWAY came, or the connection is to end; what is open may finish, nothing new begins
 *     doubted: a request timed out: a ping has to be answered within a second, or the connection is closing. If no byte
 *     came at all, nothing new begins until then
 */

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { CODE, FailureError, isTimeout } from './error-codes.ts';
import { StaleConnectionError } from './stale.ts';
import type { WireExchange, WireHandler } from './wire/exchange.ts';

/** What Go's client assumes until the server tells its own limit; nghttp2 holds back what is above. */
const STREAMS_UNTIL_TOLD = 100;
/** Windows large enough that one response is bound by the network, not by credits: those of Go's client are 4 MB a stream. */
const STREAM_WINDOW = 4_194_304;
const CONNECTION_WINDOW = 67_108_864;
/** A ping that is not answered for so long is not answered. */
const PONG_MS = 1000;
/** Headers of the connection, which HTTP/2 has no place for (RFC 9113, 8.2.2). */
const OF_CONNECTION = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
/** Codes of RFC 9113 that Go (and so k6) knows by name. */
const LAST_KNOWN_CODE = 0xd;

const CODE_NAMES = new Map(
  Object.entries(constants)
    .filter(([name]) =>
      /^NGHTTP2_(?:NO_ERROR|.*_ERROR|REFUSED_STREAM|CANCEL|STREAM_CLOSED|CONNECT_ERROR|ENHANCE_YOUR_CALM|SETTINGS_TIMEOUT|INADEQUATE_SECURITY|HTTP_1_1_REQUIRED)$/.test(
        name,
      ),
    )
    .filter(([name]) => !/^NGHTTP2_ERR_/.test(name))
    .map(([name, code]) => [code as number, name.slice('NGHTTP2_'.length)]),
);

function failure(base: number, code: number, what: string): FailureError {
  const number = code <= LAST_KNOWN_CODE ? base + code + 1 : base;
  return new FailureError({
    code: number,
    message: `${what} (HTTP/2 ${CODE_NAMES.get(code) ?? `code ${code}`})`,
  });
}

function headersOf(options: WireExchange, authority: string, secure: boolean): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {
    ':method': options.method,
    ':scheme': secure ? 'https' : 'http',
    ':authority': authority,
    ':path': options.path,
  };
  const list = options.headers as (string | string[])[];
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = String(list[i]).toLowerCase();
    const value = list[i + 1] as string | string[];
    if (name === 'host') headers[':authority'] = String(value);
    if (OF_CONNECTION.has(name) || (name === 'te' && value !== 'trailers')) continue;
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

export class Http2Connection {
  /** Called when a stream ends on a connection that had no room before. */
  onRoom: (() => void) | undefined;
  readonly #session: ClientHttp2Session;
  readonly #authority: string;
  readonly #secure: boolean;
  #limit = STREAMS_UNTIL_TOLD;
  #active = 0;
  #reason: Error | undefined;
  #goAwayCode: number | undefined;
  #closing = false;
  /** While a ping has to show whether anybody is there. */
  #pong: NodeJS.Timeout | undefined;
  /** Nothing at all came while a request was under way that ran out of time. */
  #silent = false;
  /** No answer came to a ping. */
  #isDead = false;
  /** Requests that have not ended. */
  #waiting = 0;
  readonly #socket: Socket;

  constructor(href: string, authority: string, secure: boolean, stream: Socket) {
    this.#authority = authority;
    this.#secure = secure;
    this.#socket = stream;
    this.#session = connect(href, {
      createConnection: () => stream,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
      // Megabytes; Node's 10 would break off large bodies in parallel.
      maxSessionMemory: 1000,
    });
    this.#session.on('error', (error) => {
      this.#reason ??= error;
    });
    this.#session.once('connect', () => {
      if (!this.#session.destroyed) this.#session.setLocalWindowSize(CONNECTION_WINDOW);
    });
    this.#session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      this.#limit = maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
    });
    this.#session.on('goaway', (code) => {
      this.#goAwayCode = code;
    });
  }

  /** Nothing new begins on a connection that is closing, or whose other side may be gone. */
  get open(): boolean {
    return (
      !this.#closing &&
      !this.#silent &&
      !this.#session.closed &&
      !this.#session.destroyed &&
      this.#goAwayCode === undefined
    );
  }

  get hasRoom(): boolean {
    return this.#active < this.#limit;
  }

  get active(): number {
    return this.#active;
  }

  /** Ends when what is under way has ended. */
  close(): void {
    this.#closing = true;
    if (this.#active === 0) this.#session.close();
  }

  destroy(reason: Error): void {
    this.#reason ??= reason;
    this.#session.destroy(undefined, constants.NGHTTP2_CANCEL);
  }

  dispatch(options: WireExchange, handler: WireHandler): void {
    if (!this.open) {
      handler.onError(new StaleConnectionError('the connection was closed while it was idle'));
      return;
    }
    const { body } = options;
    const ended = body === null || body === undefined;
    let stream: ClientHttp2Stream | undefined;
    let aborted: Error | undefined;
    const receivedBefore = this.#socket.bytesRead;
    handler.onConnect((reason) => {
      aborted ??= reason;
      if (isTimeout(reason)) this.#doubt(this.#socket.bytesRead === receivedBefore);
      stream?.close(constants.NGHTTP2_CANCEL);
      finish(aborted);
    });
    if (aborted !== undefined) return;
    try {
      stream = this.#session.request(headersOf(options, this.#authority, this.#secure), { endStream: ended });
    } catch (error) {
      // A header that cannot be sent: a mistake of the script.
      handler.onError(Object.assign(error as Error, { code: 'UND_ERR_INVALID_ARG' }));
      return;
    }
    this.#active++;
    this.#waiting++;
    if (options.reset === true) this.#closing = true;
    const ending = stream;
    let status = 0;
    let settled = false;
    const finish = (error: Error | undefined): void => {
      if (settled) return;
      settled = true;
      this.#waiting--;
      if (this.#isDead) queueMicrotask(() => this.#bury());
      if (error === undefined) handler.onComplete();
      else handler.onError(error);
    };
    ending.once('response', (_headers, _flags, raw?: string[]) => {
      if (settled) return;
      const pairs: Buffer[] = [];
      for (let i = 0; raw !== undefined && i + 1 < raw.length; i += 2) {
        if (raw[i] === ':status') status = Number(raw[i + 1]);
        else pairs.push(Buffer.from(raw[i] as string, 'latin1'), Buffer.from(raw[i + 1] as string, 'latin1'));
      }
      handler.onResponseStarted?.();
      if (!handler.onHeaders(status, pairs, () => ending.resume(), '')) ending.pause();
    });
    ending.on('data', (chunk: Buffer) => {
      if (!settled && !handler.onData(chunk)) ending.pause();
    });
    ending.once('end', () => {
      if (status > 0 && ending.rstCode === constants.NGHTTP2_NO_ERROR) finish(undefined);
    });
    ending.on('error', (error) => {
      finish(this.#errorOf(ending, error));
    });
    ending.once('close', () => {
      this.#active--;
      finish(this.#errorOf(ending, undefined));
      if (this.#closing) this.close();
      else this.onRoom?.();
    });
    if (ended) {
      handler.onRequestSent?.();
    } else {
      ending.once('finish', () => handler.onRequestSent?.());
      if (body instanceof Uint8Array || typeof body === 'string') ending.end(body);
      else {
        pipeline(
          body instanceof Readable ? body : Readable.from(body as Iterable<unknown>),
          ending,
          (error) => {
            if (error === null || error === undefined || settled) return;
            ending.close(constants.NGHTTP2_CANCEL);
            finish(error);
          },
        );
      }
    }
  }

  /**
   * A request ran out of time. The other side may be slow, or gone without a word; or Node's client is, which after some
   * malformed frames says goodbye and hears nothing more.
   */
  #doubt(silent: boolean): void {
    if (!this.open) return;
    this.#silent ||= silent;
    if (this.#pong !== undefined) return;
    this.#pong = setTimeout(() => {
      this.#closing = true;
      this.#isDead = true;
      this.#bury();
    }, PONG_MS);
    this.#pong.unref();
    this.#session.ping((error) => {
      clearTimeout(this.#pong);
      this.#pong = undefined;
      if (error !== null || this.#closing) return;
      this.#silent = false;
      this.onRoom?.();
    });
  }

  /** Streams of a dead connection do not even close: what counts is who still waits. */
  #bury(): void {
    if (this.#isDead && this.#waiting === 0) this.destroy(new Error('no answer to a ping'));
  }

  #errorOf(stream: ClientHttp2Stream, error: Error | undefined): Error {
    const { code } = (error ?? {}) as { code?: unknown };
    if (this.#reason !== undefined && stream.session?.destroyed !== false) {
      const reason = this.#reason as Error & { code?: unknown };
      if (reason.code !== 'ERR_HTTP2_ERROR' && reason.code !== 'ERR_HTTP2_SESSION_ERROR') return reason;
      if (this.#goAwayCode === undefined) {
        const message = `the server broke the protocol: ${reason.message} (HTTP/2)`;
        return new FailureError({ code: CODE.http2Connection, message });
      }
    }
    // The library's own word that it cannot go on; the connection's error follows that of its streams.
    if (code === 'ERR_HTTP2_ERROR' && this.#goAwayCode === undefined) {
      const message = `the server broke the protocol: ${(error as Error).message} (HTTP/2)`;
      return new FailureError({ code: CODE.http2Connection, message });
    }
    if (this.#goAwayCode !== undefined && this.#goAwayCode !== constants.NGHTTP2_NO_ERROR) {
      return failure(CODE.http2GoAway, this.#goAwayCode, 'the server gave the connection up');
    }
    const { rstCode } = stream;
    // Not seen by the server, so it may be sent again.
    if (rstCode === constants.NGHTTP2_REFUSED_STREAM) {
      return failure(CODE.http2Stream, rstCode, 'the server refused the stream');
    }
    if (
      code === 'ERR_HTTP2_STREAM_ERROR' ||
      (rstCode !== undefined && rstCode !== 0 && error === undefined)
    ) {
      if (rstCode !== undefined && (rstCode !== constants.NGHTTP2_CANCEL || this.open)) {
        return failure(CODE.http2Stream, rstCode, 'the server reset the stream');
      }
    }
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return error as Error;
    return Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
  }
}
