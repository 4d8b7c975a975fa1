/** How a call ended, for the script. */

import type { Metadata } from '@grpc/grpc-js';
import { fromMetadata } from './metadata.ts';
import { statusName } from './status.ts';
import type { GrpcResponse, GrpcStatusName } from './types.ts';

export interface Ended {
  readonly status: number;
  readonly details: string;
  readonly errorCode: number;
  readonly message: unknown;
  readonly headers: Metadata | undefined;
  readonly trailers: Metadata | undefined;
  readonly connectingMs: number;
  readonly durationMs: number;
}

export class CallResponse implements GrpcResponse<unknown> {
  readonly status: number;
  readonly message: unknown;
  readonly error: string;
  readonly errorCode: number;
  readonly timings: { readonly connecting: number; readonly duration: number };
  readonly #headers: Metadata | undefined;
  readonly #trailers: Metadata | undefined;

  constructor(ended: Ended) {
    this.status = ended.status;
    this.message = ended.message ?? null;
    this.error = ended.status === 0 ? '' : ended.details || statusName(ended.status);
    this.errorCode = ended.errorCode;
    this.timings = { connecting: ended.connectingMs, duration: ended.durationMs };
    this.#headers = ended.headers;
    this.#trailers = ended.trailers;
  }

  get statusName(): GrpcStatusName {
    return statusName(this.status);
  }

  get headers(): Record<string, string> {
    return fromMetadata(this.#headers);
  }

  get trailers(): Record<string, string> {
    return fromMetadata(this.#trailers);
  }

  /** What `console.log` and `JSON.stringify` show. */
  toJSON(): Record<string, unknown> {
    const { status, statusName: name, message, error, errorCode, headers, trailers, timings } = this;
    return { status, statusName: name, message, error, errorCode, headers, trailers, timings };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return this.toJSON();
  }
}
