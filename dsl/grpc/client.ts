/** One VU's client: an address, its services, one connection, and the calls under way. */

import type { ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { InterruptedError } from '../errors.ts';
import type { VuHost } from '../host.ts';
import type { Failure } from '../http/error-codes.ts';
import { UnderWay } from '../http/under-way.ts';
import { withTags } from '../params.ts';
import { Roster } from '../roster.ts';
import { type Pending, rejectAll, Wait } from '../wait.ts';
import { Call } from './call.ts';
import { Channel, credentialsOf, deadlineAt } from './channel.ts';
import { type Definitions, loadProto, type Method } from './definitions.ts';
import type { Libraries } from './library.ts';
import { toMetadata } from './metadata.ts';
import { type CallPlan, DEFAULT_DEADLINE_MS, readCall } from './params.ts';
import { reflected } from './reflection.ts';
import type { CallResponse } from './response.ts';
import { type CallKind, type NamedCalls, namedCalls } from './samples.ts';
import { GrpcError, STATUS } from './status.ts';
import { type OpenStream, type Rpc, Stream } from './stream.ts';
import type { GrpcClientOptions } from './types.ts';

/** All that streams of any kind can do; which of it one can is known at run time. */
type AnyStream = ClientDuplexStream<Buffer, object>;

function identity(bytes: Buffer): Buffer {
  return bytes;
}

function kindOf({ requestStream, responseStream }: Method): CallKind {
  if (requestStream) return responseStream ? 'bidi_stream' : 'client_stream';
  return responseStream ? 'server_stream' : 'unary';
}

function readMethod(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name.startsWith('/') ? name.slice(1) : name;
  throw new TypeError(
    `grpc: ${JSON.stringify(name) ?? typeof name} is not a method such as 'package.Service/Method'`,
  );
}

export class Client {
  readonly #libraries: Libraries;
  readonly #host: VuHost;
  readonly #address: string;
  readonly #options: GrpcClientOptions;
  readonly #channel: Channel;
  readonly #underWay = new UnderWay<Call>();
  /** What waits for a connection or for the services, apart from calls. */
  readonly #waiting = new Roster<Pending>();
  /** Undefined until a server told them. */
  #definitions: Definitions | undefined;

  constructor(libraries: Libraries, host: VuHost, address: string, options: GrpcClientOptions) {
    this.#libraries = libraries;
    this.#host = host;
    this.#address = address;
    this.#options = options;
    this.#channel = new Channel(libraries.grpc, address, options, host);
    const { proto } = options;
    if (proto !== undefined) {
      const files = typeof proto === 'string' ? [proto] : proto;
      this.#definitions = loadProto(libraries, files, options.importPaths ?? [], host.scriptDir, options);
    }
    // Mistakes show where the client is made.
    toMetadata(libraries.grpc, options.metadata);
  }

  async invoke(method: unknown, request: object = {}, params?: unknown): Promise<CallResponse> {
    const { call, plan, name } = this.#make(method, params, false);
    try {
      const definitions = this.#definitions ?? (await this.#reflect(plan));
      const found = definitions.method(name);
      if (kindOf(found) !== 'unary') {
        throw new TypeError(`grpc ${name}: a call with streams; use client.stream()`);
      }
      const bytes = definitions.encode(name, found, request);
      const metadata = this.#metadata(plan);
      const deadline = deadlineAt(Date.now(), plan.limitMs);
      const waited = !this.#channel.ready;
      const failure = waited ? await this.#connected(deadline, call) : undefined;
      if (call.over) return await call.promise;
      call.begin(this.#named(name, 'unary', plan), waited);
      if (failure !== undefined) {
        call.unreachable(failure);
        return await call.promise;
      }
      const rpc = this.#channel
        .client()
        .makeUnaryRequest(
          found.path,
          identity,
          found.responseDeserialize,
          bytes,
          metadata,
          { deadline },
          call.answered,
        );
      rpc.on('metadata', (headers) => {
        call.headers = headers;
      });
      rpc.on('status', (status) => call.end(status));
      call.sent(rpc);
    } catch (error) {
      call.abort(error as Error);
    }
    return call.promise;
  }

  stream(method: unknown, request?: object | null, params?: unknown): Stream {
    const { call, plan, name } = this.#make(method, params, true);
    const open = async (): Promise<OpenStream | undefined> => {
      const definitions = this.#definitions ?? (await this.#reflect(plan));
      const found = definitions.method(name);
      const kind = kindOf(found);
      if (kind === 'unary') throw new TypeError(`grpc ${name}: a call without streams; use client.invoke()`);
      const encode = (message: object): Buffer => definitions.encode(name, found, message);
      const first = request === undefined || request === null ? undefined : encode(request);
      const metadata = this.#metadata(plan);
      const deadline = deadlineAt(Date.now(), plan.limitMs);
      const waited = !this.#channel.ready;
      const failure = waited ? await this.#connected(deadline, call) : undefined;
      if (call.over) return undefined;
      const named = this.#named(name, kind, plan);
      call.begin(named, waited);
      if (failure !== undefined) {
        call.unreachable(failure);
        return undefined;
      }
      named.startStream();
      const rpc = this.#startStream(call, found, kind, first ?? Buffer.alloc(0), metadata, deadline, named);
      call.sent(rpc);
      const { requestStream: sends, responseStream: receives } = found;
      if (sends && first !== undefined) {
        (rpc as AnyStream).write(first);
        named.messageSent();
      }
      return { rpc, named, encode, sends, receives };
    };
    // A method that there is not is a mistake in the line that names it.
    if (this.#definitions !== undefined) {
      try {
        this.#definitions.method(name);
      } catch (error) {
        call.abort(error as Error);
        throw error;
      }
    }
    return new Stream(call, open());
  }

  #startStream(
    call: Call,
    method: Method,
    kind: CallKind,
    first: Buffer,
    metadata: Metadata,
    deadline: number,
    named: NamedCalls,
  ): Rpc {
    const client = this.#channel.client();
    const { path, responseDeserialize } = method;
    const options = { deadline };
    const receive = (bytes: Buffer): object => {
      const message = responseDeserialize(bytes);
      named.messageReceived();
      return message;
    };
    let rpc: Rpc;
    if (kind === 'client_stream') {
      rpc = client.makeClientStreamRequest(path, identity, receive, metadata, options, call.answered);
    } else if (kind === 'server_stream') {
      rpc = client.makeServerStreamRequest(path, identity, receive, first, metadata, options);
      named.messageSent();
    } else {
      rpc = client.makeBidiStreamRequest(path, identity, receive, metadata, options);
    }
    const emitter = rpc as AnyStream;
    emitter.on('metadata', (headers: Metadata) => {
      call.headers = headers;
    });
    emitter.on('status', (status: Parameters<Call['end']>[0]) => call.end(status));
    // The status says it too.
    emitter.on('error', () => undefined);
    return rpc;
  }

  async connect(): Promise<void> {
    this.#refuse();
    const limitMs = readCall(undefined, this.#options, false).limitMs;
    const wait = new Wait<Failure | undefined>(this.#waiting, 0, () => new Error('no time limit'));
    void this.#channel.connected(deadlineAt(Date.now(), limitMs)).then((failed) => wait.resolve(failed));
    const failure = await wait.promise;
    if (failure !== undefined) throw this.#noConnection(failure);
    if (!this.#channel.ready) {
      throw new GrpcError(`grpc ${this.#address}: cannot connect`, 1814, 14, undefined);
    }
  }

  close(): void {
    this.#channel.close();
  }

  interrupt(reason: Error): void {
    const error = reason instanceof InterruptedError ? reason : new InterruptedError(reason.message);
    this.#underWay.abortAll(error);
    rejectAll(this.#waiting, error);
  }

  /** Streams that the script left open belong to the iteration; the connection stays. */
  endIteration(): void {
    for (const call of this.#underWay.all()) if (call.isStream) call.drop();
  }

  retire(): void {
    this.interrupt(new InterruptedError('the VU was retired'));
    this.#channel.close();
  }

  #make(
    method: unknown,
    params: unknown,
    isStream: boolean,
  ): { readonly call: Call; readonly plan: CallPlan; readonly name: string } {
    const host = this.#host;
    const name = readMethod(method);
    this.#refuse();
    const plan = readCall(params, this.#options, host.options.throw);
    const call = new Call({ host, channel: this.#channel, underWay: this.#underWay, plan, isStream });
    return { call, plan, name };
  }

  #refuse(): void {
    if (this.#host.initializing) {
      throw new Error(
        'grpc calls cannot be sent while the script loads; send them in setup() or in an iteration',
      );
    }
    if (this.#host.interrupted) throw new InterruptedError();
  }

  /** Undefined also where the call ended meanwhile, as it does when it is interrupted. */
  #connected(deadline: number, call: Call): Promise<Failure | undefined> {
    return Promise.race([
      this.#channel.connected(deadline),
      call.promise.then(
        () => undefined,
        () => undefined,
      ),
    ]);
  }

  #noConnection({ code, message }: Failure): GrpcError {
    return new GrpcError(`grpc ${this.#address}: ${message}`, code, STATUS.UNAVAILABLE, undefined);
  }

  #metadata({ given }: CallPlan): Metadata {
    return toMetadata(this.#libraries.grpc, this.#options.metadata, given.metadata);
  }

  #named(label: string, kind: CallKind, { given }: CallPlan): NamedCalls {
    const { name = label, ...tags } = given.tags ?? {};
    return namedCalls(this.#host.recorder, withTags(this.#host.tags(), tags), String(name), label, kind);
  }

  async #reflect({ limitMs }: CallPlan): Promise<Definitions> {
    const host = this.#host;
    const options = this.#options;
    const { grpc } = this.#libraries;
    const wait = new Wait<Definitions>(this.#waiting, 0, () => new Error('no time limit'));
    const find = async (): Promise<Definitions> => {
      const failure = await this.#channel.connected(deadlineAt(Date.now(), limitMs));
      if (failure !== undefined) throw this.#noConnection(failure);
      const { target, options: channel } = this.#channel.reached;
      return reflected(
        this.#libraries,
        {
          address: this.#address,
          target,
          credentials: credentialsOf(grpc, options, host),
          options: channel,
          metadata: toMetadata(grpc, options.metadata),
          timeoutMs: limitMs > 0 ? limitMs : DEFAULT_DEADLINE_MS,
          key: JSON.stringify([this.#address, options.plaintext, options.tls, options.authority]),
        },
        options,
      );
    };
    find().then(
      (found) => wait.resolve(found),
      (error: Error) => wait.reject(error),
    );
    this.#definitions = await wait.promise;
    return this.#definitions;
  }
}
