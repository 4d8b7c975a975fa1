/** One VU's use of a connection: sends commands, waits for replies within a time limit, measures. */

import { InterruptedError } from '../errors.ts';
import type { VuHost } from '../host.ts';
import { transportOf } from '../http/transport.ts';
import { networkFailure } from '../network-failure.ts';
import { type Tags, withTags } from '../params.ts';
import { Roster } from '../roster.ts';
import { type Pending, rejectAll, Wait } from '../wait.ts';
import { type Command, lookups, nameOf } from './commands.ts';
import type { OpenConnection, RedisConnection, RedisPackage } from './connection.ts';
import { errorOfReply, REDIS_CODE, RedisError } from './error-codes.ts';
import { type NamedCommand, namedCommand } from './samples.ts';

export type BatchMode = 'pipeline' | 'multi';

/** What `with` adds to calls. */
export interface Call {
  readonly name: string | undefined;
  readonly tags: Tags | undefined;
  readonly timeoutMs: number;
}

/** Where the connection comes from: the VU's own, or one of the thread. */
export interface ConnectionSource {
  readonly redis: RedisPackage;
  /** Whether it is the VU's own. */
  readonly exclusive: boolean;
  use(): RedisConnection;
}

/** Failures after which a connection is of no use. */
const BROKEN: ReadonlySet<number> = new Set([REDIS_CODE.lost, REDIS_CODE.malformed]);

export class RedisSession {
  readonly #host: VuHost;
  readonly #source: ConnectionSource;
  readonly #pending = new Roster<Pending>();

  constructor(host: VuHost, source: ConnectionSource) {
    this.#host = host;
    this.#source = source;
    host.onInterrupt((reason) =>
      this.rejectAll(reason instanceof InterruptedError ? reason : new InterruptedError(reason.message)),
    );
  }

  rejectAll(reason: Error): void {
    rejectAll(this.#pending, reason);
  }

  async one(command: Command, call: Call): Promise<unknown> {
    const name = nameOf(command);
    const only = [command];
    const [reply] = await this.#send(only, only, this.#named(call, name), call);
    return reply;
  }

  /** Replies in the order of the commands. */
  async batch(commands: readonly Command[], mode: BatchMode, call: Call): Promise<unknown[]> {
    if (commands.length === 0) return [];
    const sent =
      mode === 'pipeline'
        ? commands
        : [{ words: ['MULTI'], read: String }, ...commands, { words: ['EXEC'], read: String }];
    return this.#send(commands, sent, this.#named(call, mode), call);
  }

  #named(call: Call, otherwise: string): NamedCommand {
    const { recorder } = this.#host;
    const name = call.name ?? call.tags?.name;
    const tags = withTags(this.#host.tags(), call.tags);
    return namedCommand(
      recorder,
      tags,
      name === undefined ? otherwise : String(name),
      otherwise.toUpperCase(),
    );
  }

  /** `commands` are the script's, `sent` what goes over the wire; the last reply of a transaction holds the others. */
  async #send(
    commands: readonly Command[],
    sent: readonly Command[],
    named: NamedCommand,
    { timeoutMs }: Call,
  ): Promise<unknown[]> {
    const host = this.#host;
    if (host.initializing) {
      throw new Error(
        'commands cannot be sent while the script loads; send them in setup() or in an iteration',
      );
    }
    if (host.interrupted) throw new InterruptedError();
    const connection = this.#source.use();
    let open: OpenConnection | undefined;
    let receivedBefore = 0;
    const wait = new Wait<readonly unknown[]>(this.#pending, timeoutMs, () => {
      // An own connection waits for a reply that nobody wants. Of a shared one, others may be served meanwhile; but where
      // nothing at all came, it is dead, or the server hangs: another one tells which.
      const isSilent = open !== undefined && open.received === receivedBefore;
      if (open !== undefined && (this.#source.exclusive || isSilent)) connection.drop(open);
      return new RedisError(`command timed out after ${timeoutMs} ms`, REDIS_CODE.timeout);
    });
    let started = wait.startedAt;
    const exchange = async (): Promise<readonly unknown[]> => {
      open =
        connection.current ??
        (await connection.open(
          { transport: transportOf(host), insecure: host.options.insecureSkipTLSVerify },
          (ms) => named.connecting.add(ms),
        ));
      if (wait.settled) return [];
      receivedBefore = open.received;
      started = performance.now();
      const { client } = open;
      // Asked for in one go, they are written in one go.
      return settledReplies(sent.map(({ words }) => client.sendCommand(words)));
    };
    exchange().then(
      (replies) => wait.resolve(replies),
      (error: unknown) => wait.reject(error as Error),
    );
    try {
      const replies = await wait.promise;
      const own = sent === commands ? replies : ofTransaction(replies, commands.length);
      named.succeeded(performance.now() - started, commands.length);
      open?.meter?.book(host.recorder, named.tags);
      return commands.map((command, i) => {
        const hits = lookups(nameOf(command), own[i]);
        if (hits !== undefined) named.looked(hits);
        return command.read(own[i]);
      });
    } catch (thrown) {
      if (thrown instanceof InterruptedError) {
        // What was interrupted may block the connection for long; only whoever shares it has to put up with that.
        if (open !== undefined && this.#source.exclusive) connection.drop(open);
        throw thrown;
      }
      const error = this.#errorOf(thrown, open);
      // The library says so before the socket has closed: the next command must not meet it.
      if (open !== undefined && BROKEN.has(error.code)) connection.drop(open);
      named.failed(error.code);
      host.errors.count(named.name, error.code, error.message);
      throw error;
    }
  }

  #errorOf(thrown: unknown, open: OpenConnection | undefined): RedisError {
    if (thrown instanceof RedisError) return thrown;
    if (open?.malformed !== undefined) {
      const { message } = open.malformed;
      return new RedisError(`the reply is none of Redis: ${message}`, REDIS_CODE.malformed, open.malformed);
    }
    const connecting = open === undefined;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    if (thrown instanceof this.#source.redis.ErrorReply) return errorOfReply(message, thrown);
    const network = networkFailure(thrown, this.#source.use().endpoint.place);
    if (connecting && network !== undefined) return new RedisError(network.message, network.code, thrown);
    if (connecting && !/closed/i.test(message)) return new RedisError(message, REDIS_CODE.other, thrown);
    return new RedisError('connection closed by the server', REDIS_CODE.lost, thrown);
  }
}

/** All replies once they are in; rejects with the first error among them, but not before. */
async function settledReplies(replies: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const settled = await Promise.allSettled(replies);
  // In a transaction the cause comes before EXEC's word that it was not carried out.
  const failed = settled.find((reply) => reply.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled.map((reply) => (reply as PromiseFulfilledResult<unknown>).value);
}

function ofTransaction(replies: readonly unknown[], commands: number): readonly unknown[] {
  const own = replies.at(-1);
  if (!Array.isArray(own) || own.length !== commands) {
    throw new RedisError(
      'the transaction was not carried out: a watched key had changed',
      REDIS_CODE.transaction,
    );
  }
  for (const reply of own as readonly unknown[]) if (reply instanceof Error) throw reply;
  return own;
}
