/** What scripts see of server-sent events. Types only. */

import type { Duration } from '../duration.ts';
import type { CookieJar } from '../http/cookie-jar.ts';
import type { RequestBody, RequestUrl } from '../http/types.ts';
import type { HeaderInput, Tags } from '../params.ts';

export interface SseReconnect {
  /** Wait before a new connection, until the server names another one (`retry:`). Default 1s. */
  readonly delay?: Duration;
  /** Failures in a row after which the stream ends with the last one. Default 5. */
  readonly max?: number;
}

export interface SseParams {
  /** Default GET; POST where there is a body. */
  readonly method?: string;
  /** As in `http.post`. */
  readonly body?: RequestBody;
  /** Sent as JSON. In place of a body. */
  readonly json?: unknown;
  readonly headers?: HeaderInput;
  /** Tags of everything that this stream records. */
  readonly tags?: Tags;
  /** The `name` tag in place of the URL. */
  readonly name?: string;
  /** Limit of connecting (to the response's headers), and of each `next` without its own. Default 60s; 0 none. */
  readonly timeout?: Duration;
  /** Longest silence between events in `for await`; a longer one is an error. Default none. */
  readonly idleTimeout?: Duration;
  /** Unread events that are kept; while there are as many, nothing is read from the network. Default 1000. */
  readonly buffer?: number;
  /** Longest event, in characters. Default 16 Mi. */
  readonly maxEvent?: number;
  /** Connects again when the stream ends or breaks, with `Last-Event-ID`. Default false. */
  readonly reconnect?: boolean | SseReconnect;
  /** Sent as `Last-Event-ID` with the first request. */
  readonly lastEventId?: string;
  /** In place of the VU's own cookies. `null`: none are sent or kept. */
  readonly jar?: CookieJar | null;
  /** Stays open when the iteration ends. Default false: the stream is closed then. */
  readonly keep?: boolean;
}

/** One event. */
export interface SseEvent {
  /** Last id that the server sent with this or an earlier event; empty for none. */
  readonly id: string;
  /** `message` unless the server says otherwise. */
  readonly event: string;
  readonly data: string;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly receivedAt: number;
  /** The data as JSON. Throws SyntaxError, with an excerpt, where it is none. */
  json<J = unknown>(): J;
}

/** How a stream ended. */
export interface SseClosure {
  /** Events that arrived. */
  readonly events: number;
  /** What broke; undefined where either side ended the stream in order. */
  readonly error: Error | undefined;
}

/**
 * An open stream of events. The loop `for await` ends where the server ends the stream, and throws a `SseError` where it
 * breaks; when the iteration is interrupted, an `InterruptedError`.
 */
export interface SseStream extends AsyncIterable<SseEvent> {
  /** After redirects. */
  readonly url: string;
  readonly status: number;
  /** Of the response; lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly isOpen: boolean;
  /** Empty until the server sent an id. */
  readonly lastEventId: string;
  /** Events that arrived and were not read. */
  readonly unread: number;
  /** The next event; undefined where the server has ended the stream. */
  next(timeout?: Duration): Promise<SseEvent | undefined>;
  /** Cuts the connection, which is the only way for a client to end a stream. */
  close(): void;
  readonly closed: Promise<SseClosure>;
}

export interface Sse {
  /** Opens a stream; rejects with a `SseError` when it cannot. */
  readonly connect: (url: RequestUrl, params?: SseParams) => Promise<SseStream>;
}
