/** PostgreSQL through the package `pg`. */

import { connect, Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import type { ConnectOptions } from '../http/transport.ts';
import { requirePackage } from '../optional-package.ts';
import { codeOfState, SQL_CODE } from './error-codes.ts';
import type { SqlConnection, SqlDriver, SqlFailure, SqlResult, TransactionOptions } from './types.ts';

type Pg = typeof pg;

interface PostgresOptions {
  readonly statementTimeoutMs: number | undefined;
  readonly ssl: boolean | ConnectionOptions | undefined;
  /** Called when options of the run exist: whether certificates are not to be verified. */
  readonly insecure: () => boolean;
  /** Where to dial for a host. Throws FailureError where that is blocked. */
  readonly reach: (host: string, port: number) => ConnectOptions;
}

/** What `pg` keeps of a connection; not in its types. */
interface ClientInside {
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly host: string;
  readonly port: number;
}

interface DatabaseError {
  readonly code?: unknown;
  readonly message: string;
  readonly severity?: unknown;
}

/** Longest time for the goodbye, or for asking the server to cancel. */
const GOODBYE_MS = 1000;
/** The code of a CancelRequest in the protocol. */
const CANCEL_REQUEST = 80_877_102;

/** Names of prepared statements, by text; a connection must not have one name for two texts. */
const preparedNames = new Map<string, string>();

function preparedName(text: string): string {
  let name = preparedNames.get(text);
  if (name === undefined) {
    name = `brunt_${preparedNames.size + 1}`;
    preparedNames.set(text, name);
  }
  return name;
}

/** Settles at the event or after a while, whichever comes first. */
function eventually(wait: (done: () => void) => void, limitMs: number, tooLate: () => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      tooLate();
      resolve();
    }, limitMs);
    wait(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A socket that goes where `reach` says when the library has it connect; a path of a Unix socket stays as it is. */
function routedSocket(reach: PostgresOptions['reach']): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket) as (target: string | ConnectOptions) => Socket;
  const routed = (target: string | number, host: string): Socket =>
    connect(typeof target === 'number' ? reach(host, target) : target);
  socket.connect = routed as Socket['connect'];
  return socket;
}

/**
 * Asks the server, over a connection of its own, to cancel what a connection runs: else it would run to its end. It has to
 * be the very server that the connection is with, whatever else its name stands for.
 */
function requestCancel(
  { processID, secretKey, host, port }: ClientInside,
  peer: ConnectOptions | undefined,
): Promise<void> {
  if (processID === null || secretKey === null) return Promise.resolve();
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = peer === undefined ? connect(`${host}/.s.PGSQL.${port}`) : connect(peer);
  socket.on('error', () => undefined).end(request);
  // The server closes when it has done it.
  socket.resume();
  return eventually(
    (done) => socket.once('close', done),
    GOODBYE_MS,
    () => socket.destroy(),
  );
}

class PostgresConnection implements SqlConnection {
  readonly socket: Socket;
  readonly #client: pg.Client;
  /** The other end; undefined where it is a Unix socket. */
  readonly #peer: ConnectOptions | undefined;
  #busy = false;
  #ended = false;
  #lost: (() => void) | undefined;

  constructor(client: pg.Client, socket: Socket) {
    this.#client = client;
    this.socket = socket;
    const { remoteAddress: host, remotePort: port, localAddress } = socket;
    if (host !== undefined && port !== undefined) {
      this.#peer = { host, port, ...(localAddress === undefined ? {} : { localAddress }) };
    }
    socket.once('close', () => {
      this.#ended = true;
      this.#lost?.();
    });
  }

  async query(text: string, params: readonly unknown[] | undefined, prepare: boolean): Promise<SqlResult> {
    this.#busy = true;
    try {
      const config = {
        text,
        ...(params === undefined ? {} : { values: [...params] }),
        ...(prepare ? { name: preparedName(text) } : {}),
      };
      const answer = (await this.#client.query(config)) as pg.QueryResult | readonly pg.QueryResult[];
      // Several statements in one text have a result each.
      if (!Array.isArray(answer)) {
        const { rows, rowCount } = answer as pg.QueryResult<object>;
        return { rows, affected: rowCount ?? 0 };
      }
      const results = answer as readonly pg.QueryResult<object>[];
      return {
        rows: results.at(-1)?.rows ?? [],
        affected: results.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0),
      };
    } finally {
      this.#busy = false;
    }
  }

  onLost(listener: () => void): void {
    if (this.#ended) listener();
    else this.#lost = listener;
  }

  async close(): Promise<void> {
    this.#lost = undefined;
    if (this.#ended) return;
    await eventually(
      (done) => {
        this.socket.once('close', done);
        this.#client.end().catch(() => undefined);
      },
      GOODBYE_MS,
      () => this.socket.destroy(),
    );
  }

  async abort(): Promise<void> {
    this.#lost = undefined;
    if (this.#ended) return;
    const cancelled = this.#busy
      ? requestCancel(this.#client as unknown as ClientInside, this.#peer)
      : undefined;
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    this.socket.destroy();
    await Promise.all([cancelled, closed]);
  }
}

function placeOf(url: string): string {
  try {
    const { hostname, port } = new URL(url);
    return `${hostname === '' ? 'localhost' : decodeURIComponent(hostname)}:${port === '' ? 5432 : port}`;
  } catch {
    throw new TypeError(
      'sql.pool: the URL cannot be parsed; expected postgres://user:password@host:5432/database',
    );
  }
}

/** The driver for `url`. Throws a BruntError if `pg` is not installed. */
export function postgresDriver(url: string, scriptDir: string, options: PostgresOptions): SqlDriver {
  const place = placeOf(url);
  const { Client } = requirePackage('pg', scriptDir, 'brunt/sql') as Pg;

  const connectClient = async (signal: AbortSignal): Promise<SqlConnection> => {
    signal.throwIfAborted();
    const socket = routedSocket(options.reach);
    const { ssl, statementTimeoutMs } = options;
    const client = new Client({
      connectionString: url,
      application_name: 'brunt',
      keepAlive: true,
      stream: () => socket,
      ...(ssl === undefined ? {} : { ssl }),
      ...(statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs }),
    });
    const inside = client as unknown as { ssl: unknown; connection: { ssl: unknown } };
    if (inside.ssl && options.insecure()) {
      const given = typeof inside.ssl === 'object' ? inside.ssl : {};
      inside.ssl = { ...given, rejectUnauthorized: false };
      inside.connection.ssl = inside.ssl;
    }
    // A connection that breaks is seen by its socket; an error without a listener would be thrown.
    client.on('error', () => undefined);
    const cancel = (): void => {
      socket.destroy(signal.reason as Error);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await client.connect();
      signal.throwIfAborted();
      return new PostgresConnection(client, socket);
    } catch (error) {
      socket.destroy();
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };

  return {
    proto: 'postgresql',
    place,
    connect: connectClient,
    failureOf,
    begin: beginText,
  };
}

function beginText({ isolation, readOnly }: TransactionOptions): string {
  const level = isolation === undefined ? '' : ` isolation level ${isolation}`;
  const access = readOnly === undefined ? '' : readOnly ? ' read only' : ' read write';
  return `begin${level}${access}`;
}

/** Sentences of `pg` itself, which have no code. */
const OWN_SENTENCES: readonly (readonly [RegExp, code: number, message?: string])[] = [
  [
    /^Connection terminated|not queryable|connection error/i,
    SQL_CODE.lost,
    'connection closed by the server',
  ],
  [/password|SASL|SCRAM|authentication/i, SQL_CODE.login],
  [/does not support SSL|SSL connection/i, 1300],
];

function failureOf(thrown: unknown): SqlFailure | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, message, severity } = thrown as DatabaseError;
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && severity !== undefined) {
    const timedOut = code === '57014' && message.includes('statement timeout');
    return {
      code: timedOut ? SQL_CODE.timeout : codeOfState(code),
      message,
      sqlState: code,
      fatal: severity === 'FATAL' || severity === 'PANIC',
    };
  }
  const own = OWN_SENTENCES.find(([pattern]) => pattern.test(message));
  if (own !== undefined && code === undefined) {
    return { code: own[1], message: own[2] ?? message, fatal: true };
  }
  return undefined;
}
