/** A call with streams, as scripts use it. Everything waits until the call is there, which may be after connecting. */

import type { ClientDuplexStream, ClientReadableStream, ClientWritableStream } from '@grpc/grpc-js';
import { Roster } from '../roster.ts';
import { type Pending, rejectAll, Wait } from '../wait.ts';
import type { Call } from './call.ts';
import type { CallResponse } from './response.ts';
import type { NamedCalls } from './samples.ts';
import type { GrpcStream } from './types.ts';

export type Rpc =
  | ClientWritableStream<Buffer>
  | ClientReadableStream<object>
  | ClientDuplexStream<Buffer, object>;

/** A call that was sent. */
export interface OpenStream {
  readonly rpc: Rpc;
  readonly named: NamedCalls;
  /** Bytes of a message. Throws TypeError. */
  readonly encode: (message: object) => Buffer;
  readonly sends: boolean;
  readonly receives: boolean;
}

function never(): Error {
  return new Error('no time limit');
}

export class Stream implements GrpcStream<object, object> {
  readonly #call: Call;
  /** Undefined where the call was over before it was sent. */
  readonly #opened: Promise<OpenStream | undefined>;
  readonly #sending = new Roster<Pending>();
  #ended = false;

  constructor(call: Call, opened: Promise<OpenStream | undefined>) {
    this.#call = call;
    this.#opened = opened;
    opened.catch((error: unknown) =>
      call.abort(error instanceof Error ? error : new Error(String(error), { cause: error })),
    );
    call.onOver = () => {
      if (this.#sending.size > 0) rejectAll(this.#sending, new Error('the stream has ended'));
    };
  }

  async send(message: object): Promise<void> {
    const open = await this.#opened;
    if (open === undefined || this.#call.over) await this.#refuse();
    const { rpc, named, encode, sends } = open as OpenStream;
    if (!sends)
      throw new TypeError(`${named.label}: takes one request, which is given when the stream is made`);
    if (this.#ended) throw new TypeError(`${named.label}: send() after end()`);
    const bytes = encode(message);
    const written = new Wait<void>(this.#sending, 0, never);
    (rpc as ClientWritableStream<Buffer>).write(bytes, (error?: Error | null) => {
      if (error === undefined || error === null) written.resolve();
      else written.reject(error);
    });
    try {
      await written.promise;
    } catch {
      await this.#refuse();
    }
    named.messageSent();
  }

  /** How the stream ended is why nothing can be sent. */
  async #refuse(): Promise<never> {
    const { statusName, error } = await this.#call.promise;
    throw new Error(
      `the stream has ended: ${statusName}${error === '' || error === statusName ? '' : ` ${error}`}`,
    );
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#opened.then((open) => {
      if (open?.sends === true) (open.rpc as ClientWritableStream<Buffer>).end();
    }, ignore);
  }

  async finish(): Promise<never> {
    this.end();
    const open = await this.#opened;
    if (open?.receives === true) (open.rpc as ClientReadableStream<object>).resume();
    return (await this.#call.promise) as CallResponse as never;
  }

  cancel(): void {
    this.#call.drop();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<object, void, undefined> {
    const open = await this.#opened;
    if (open?.receives === true) {
      try {
        // Reading may go on after a break.
        const messages = (open.rpc as ClientReadableStream<object>).iterator({ destroyOnReturn: false });
        for await (const message of messages) yield message as object;
      } catch {
        // The library reports the status as an error; the call has it.
      }
      await this.#call.promise;
    }
  }
}

function ignore(): void {}
