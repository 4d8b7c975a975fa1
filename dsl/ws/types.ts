/** What scripts see of WebSockets. Types only. */

import type { Duration } from '../duration.ts';
import type { CookieJar } from '../http/cookie-jar.ts';
import type { RequestUrl } from '../http/types.ts';
import type { HeaderInput, Tags } from '../params.ts';

export interface WsParams {
  /** Headers of the handshake. */
  readonly headers?: HeaderInput;
  /** Tags of everything that this socket records. */
  readonly tags?: Tags;
  /** The `name` tag in place of the URL. */
  readonly name?: string;
  /** Offered in order of preference; the server has to choose one of them. `socket.subprotocol` says which. */
  readonly subprotocols?: string | readonly string[];
  /** Limit of connecting, and of each `receive`, `request` and `ping` without its own. Default 60s; 0 none. */
  readonly timeout?: Duration;
  /** Offers permessage-deflate; messages of at least `threshold` bytes (default 1024) are compressed. Default false. */
  readonly compression?: boolean | { readonly threshold?: number };
  /** Longest message to accept, in bytes after decompression; a longer one closes the socket with 1009. Default 100 MiB. */
  readonly maxPayload?: number;
  /** In place of the VU's own cookies. `null`: none are sent or kept. */
  readonly jar?: CookieJar | null;
  /**
   * Unread messages that are kept. While there are as many, nothing is read from the network, unless something is
   * waited for. 0: messages that nobody waits for are counted and dropped. Default 1000.
   */
  readonly buffer?: number;
  /** Longest silence in `for await`; a longer one is an error. Default none. */
  readonly idleTimeout?: Duration;
  /** Pings at this interval; a pong that does not come within one interval closes the socket with an error. Default none. */
  readonly heartbeat?: Duration;
  /** Stays open when the iteration ends. Default false: the socket is closed then. */
  readonly keep?: boolean;
}

/** One message that arrived. */
export interface WsMessage {
  readonly isBinary: boolean;
  readonly bytes: Uint8Array;
  /** Length in bytes. */
  readonly size: number;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly receivedAt: number;
  text(): string;
  /** Throws SyntaxError, with an excerpt, where the text is not JSON. */
  json<J = unknown>(): J;
}

/** A text, bytes, or anything else as JSON. */
export type WsPayload =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Readonly<object>
  | readonly unknown[]
  | number
  | boolean
  | null;

/** How a socket ended. */
export interface WsClosure {
  /** 1005: a close frame without a code. 1006: no close frame came. */
  readonly code: number;
  readonly reason: string;
  /** A close frame came from the other side and nothing broke. */
  readonly clean: boolean;
  /** What broke; undefined for an orderly end, and where this side cut the connection. */
  readonly error: Error | undefined;
}

export interface WsRequestParams {
  /** Which message is the answer; without it, the next one that no other request takes. Called for each message. */
  readonly match?: (message: WsMessage) => boolean;
  /** Default that of the socket. */
  readonly timeout?: Duration;
  /** The `name` tag of `ws_msg_rtt`, in place of the socket's. */
  readonly name?: string;
}

export interface WsEvents {
  readonly message: (message: WsMessage) => void;
  readonly close: (closure: WsClosure) => void;
  readonly error: (error: Error) => void;
  readonly ping: (data: Uint8Array) => void;
  readonly pong: (data: Uint8Array) => void;
}

/**
 * An open WebSocket. Waiting calls reject with a `WsError` (its `code` is the number in the error table) and, when the
 * iteration is interrupted, with an `InterruptedError`.
 */
export interface WsSocket extends AsyncIterable<WsMessage> {
  readonly url: string;
  /** What the server chose; empty for none. */
  readonly subprotocol: string;
  /** Headers of the server's answer to the handshake; lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly isOpen: boolean;
  /** Bytes that were sent and still wait for the network. */
  readonly bufferedAmount: number;
  /** Messages that arrived and were not read. */
  readonly unread: number;
  /** Resolves when the network can take more: await it to send no faster than the other side reads. */
  send(payload: WsPayload): Promise<void>;
  /** The next message. */
  receive(timeout?: Duration): Promise<WsMessage>;
  /** The next message, or undefined when none comes within the time: silence is no error. */
  tryReceive(timeout: Duration): Promise<WsMessage | undefined>;
  /** Sends, and resolves with the answer; the time between enters `ws_msg_rtt`. */
  request(payload: WsPayload, params?: WsRequestParams): Promise<WsMessage>;
  /** Resolves with the milliseconds to the pong, which enter `ws_ping`. No pong in time: the connection is dead or half-open. */
  ping(timeout?: Duration): Promise<number>;
  /** Says goodbye and resolves when the other side has (at most 5 s). Default code 1000. */
  close(code?: number, reason?: string): Promise<WsClosure>;
  /** Cuts the connection at once, without a close frame. */
  terminate(): void;
  /** Resolves when the socket is closed, however that came. */
  readonly closed: Promise<WsClosure>;
  /** Messages go to a `message` listener as they come and are not kept. Returns what removes the listener. */
  on<E extends keyof WsEvents>(event: E, listener: WsEvents[E]): () => void;
}

export interface Ws {
  /** Opens a WebSocket; rejects with a `WsError` when it cannot. The URL is `ws:` or `wss:` (`http:` and `https:` mean the same). */
  readonly connect: (url: RequestUrl, params?: WsParams) => Promise<WsSocket>;
}
