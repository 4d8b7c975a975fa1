/** What scripts see of gRPC. Types only; none of them needs the gRPC packages. */

import type { Duration } from '../duration.ts';
import type { Tags } from '../params.ts';

/** Names in lower case; values of names that end in `-bin` are bytes, all others text. */
export type Metadata = Readonly<
  Record<string, string | number | Uint8Array | readonly (string | Uint8Array)[] | undefined>
>;

export interface GrpcTls {
  /** Certificates that are trusted in place of the system's: PEM text, or a file relative to the script. */
  readonly ca?: string | Uint8Array;
  /** The client's certificate and key, the same way. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** Name that the server's certificate has to be for, in place of the host's. */
  readonly serverName?: string;
  /** Accepts any certificate. Default: the option `insecureSkipTLSVerify`. */
  readonly skipVerify?: boolean;
}

/** How messages are turned into objects. */
export interface GrpcCoding {
  /** Names of fields as in the .proto file; default false: in camel case. */
  readonly keepCase?: boolean;
  /** 64-bit numbers; default `string`, which is exact. */
  readonly longs?: 'string' | 'number';
  /** Default `string`: the name of the value. */
  readonly enums?: 'string' | 'number';
  /** Whether fields that were not sent are there with their defaults. Default true. */
  readonly defaults?: boolean;
}

export interface GrpcClientOptions extends GrpcCoding {
  /** .proto files, relative to the script. */
  readonly proto?: string | readonly string[];
  /** Folders in which the files and their imports are looked for, relative to the script. Default: that of the script. */
  readonly importPaths?: readonly string[];
  /** Asks the server for its services, at the first call. */
  readonly reflection?: boolean;
  /** Without TLS. Default false. */
  readonly plaintext?: boolean;
  readonly tls?: GrpcTls;
  /** Sent with every call. */
  readonly metadata?: Metadata;
  /** Time limit of every call, connecting included; a number is milliseconds, 0 none. Default 60s. */
  readonly deadline?: Duration;
  /** The `:authority` of requests. Default: the address. */
  readonly authority?: string;
  /** Largest message that is accepted, in bytes. Default 4 MB, as all gRPC clients. */
  readonly maxReceiveBytes?: number;
}

/** `OK`, `NOT_FOUND` and so on. */
export type GrpcStatusName = keyof typeof import('./status.ts').STATUS;

export type GrpcStatus = GrpcStatusName | number;

export interface GrpcParams {
  readonly metadata?: Metadata;
  /** In place of the client's. */
  readonly deadline?: Duration;
  /** Tags of the samples; `name` replaces the method as the call's name. */
  readonly tags?: Tags;
  /** Statuses that do not count as failed. Default `OK`. */
  readonly expectedStatus?: GrpcStatus | readonly GrpcStatus[];
  /** Rejects with a GrpcError for a status that was not expected. Default: the option `throw`. */
  readonly throw?: boolean;
}

/** How a call ended. */
export interface GrpcResponse<Message = Readonly<Record<string, unknown>>> {
  /** 0 is OK. */
  readonly status: number;
  readonly statusName: GrpcStatusName;
  /** Null unless the status is OK, and for streams that gave theirs one by one. */
  readonly message: Message | null;
  /** The server's words, or ours where it could not say any; empty for OK. */
  readonly error: string;
  /** 0 for OK; 1800 + status, or for a broken connection the number that HTTP has for it. */
  readonly errorCode: number;
  /** What the server sent before and after its messages. Repeated names are joined by `, `, bytes are base64. */
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
  /** `connecting`: until the connection was there, 0 where it was. `duration`: from sending to the status. Milliseconds. */
  readonly timings: { readonly connecting: number; readonly duration: number };
}

/** A stream of messages in one direction or both. */
export interface GrpcStream<Sent = object, Received = Readonly<Record<string, unknown>>>
  extends AsyncIterable<Received> {
  /** Sends a message; settles when there is room for the next. Rejects once the stream has ended. */
  send(message: Sent): Promise<void>;
  /** Says that nothing more will be sent. */
  end(): void;
  /** Ends sending, drops messages that were not read, and settles with how the stream ended. */
  finish(): Promise<GrpcResponse<Received>>;
  /** Ends the stream at once; it counts neither as failed nor as complete. */
  cancel(): void;
}

export interface GrpcClient {
  /** A call with one request and one answer. `method` is `package.Service/Method`. */
  invoke<Message = Readonly<Record<string, unknown>>>(
    method: string,
    request?: object,
    params?: GrpcParams,
  ): Promise<GrpcResponse<Message>>;
  /**
   * A call with streams. For a method that takes one request, `request` is it; for others it is the first message, and
   * may be left out.
   */
  stream<Sent extends object = object, Received = Readonly<Record<string, unknown>>>(
    method: string,
    request?: Sent | null,
    params?: GrpcParams,
  ): GrpcStream<Sent, Received>;
  /** Connects now, so that no call has to. Rejects with a GrpcError where that fails. */
  connect(): Promise<void>;
  /** Closes the connection; the next call opens a new one. */
  close(): void;
}
