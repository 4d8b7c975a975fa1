/** What connections of HTTP/1.1 and of HTTP/2 are given, and whom they tell what becomes of it. */

import type { Readable } from 'node:stream';
import type { WireRequest } from './request-head.ts';

/** A request with its body. */
export interface WireExchange extends WireRequest {
  readonly body: Uint8Array | Readable | null;
  /** The connection ends with it. */
  readonly reset: boolean;
}

/** Called in this order; `onError` may come at any point, and is the last call then. */
export interface WireHandler {
  /** Just before the first byte is written. `abort` ends the request and the connection, and calls `onError`. */
  onConnect(abort: (reason: Error) => void): void;
  /** The last byte of the request was written. */
  onRequestSent?(): void;
  onResponseStarted?(): void;
  /** Status 200 and above. What it returns does not matter: who wants less says so at `onData`. */
  onHeaders(status: number, headers: readonly Buffer[], resume: () => void, statusText: string): boolean;
  /** False: nothing more is read from the socket until `resume` is called; what was read already still comes. */
  onData(chunk: Buffer): boolean;
  /** `atOnce`: its first and its last byte came together, in one read. Default false. */
  onComplete(atOnce?: boolean): void;
  onError(error: Error): void;
}
