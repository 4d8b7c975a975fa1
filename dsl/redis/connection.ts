/**
 * One connection to a Redis server, through the package `@redis/client`. It opens at the first command and once more
 * after it broke; the library's own reconnecting and its queue for the time without a connection are off, as they would
 * hide failures.
 *
 *     none -> opening -> open -> broken -> none
 */

import { channel } from 'node:diagnostics_channel';
import { isIP, Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type * as redis from '@redis/client';
import { ByteMeter } from '../byte-meter.ts';
import type { Transport } from '../http/transport.ts';
import { connectTimeout } from '../network-failure.ts';

export type RedisPackage = typeof redis;
type Client = ReturnType<RedisPackage['createClient']>;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** `host:port`, for messages. */
  readonly place: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** undefined: no TLS. */
  readonly tls: ConnectionOptions | undefined;
  readonly connectTimeoutMs: number;
}

/** The library makes its socket itself; whoever waits for it gets it from the channel on which Node announces each. */
let awaited: ((socket: Socket) => void) | undefined;
let subscribed = false;

function socketMadeBy(make: () => void): Socket | undefined {
  if (!subscribed) {
    subscribed = true;
    channel('net.client.socket').subscribe((message) => awaited?.((message as { socket: Socket }).socket));
  }
  let made: Socket | undefined;
  awaited = (socket) => {
    made = socket;
  };
  try {
    make();
  } finally {
    awaited = undefined;
  }
  return made;
}

/** The longest that Node's timers take. */
const LONGEST_MS = 2 ** 31 - 1;

/** A connection that is open. */
export class OpenConnection {
  readonly client: Client;
  /** What came could not be read; the library would go on with whatever comes next. */
  malformed: Error | undefined;
  readonly meter: ByteMeter | undefined;
  readonly #socket: Socket | undefined;

  constructor(client: Client, socket: Socket | undefined) {
    this.client = client;
    this.#socket = socket;
    this.meter = socket === undefined ? undefined : new ByteMeter(socket);
  }

  /** Bytes that came so far: a server that sends nothing at all is another matter than a slow command. */
  get received(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  /** Closes at once; what is under way is rejected by the library. */
  async close(): Promise<void> {
    await destroy(this.client, this.#socket);
  }
}

async function destroy(client: Client, socket: Socket | undefined): Promise<void> {
  try {
    client.destroy();
  } catch {
    // It was closed already.
  }
  if (socket === undefined || socket.closed) return;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.destroy();
  await closed;
}

/** What the options of the run say about connections. */
export interface RedisReach {
  readonly transport: Transport;
  /** Certificates are not to be verified. */
  readonly insecure: boolean;
}

export class RedisConnection {
  readonly endpoint: Endpoint;
  readonly #redis: RedisPackage;
  #open: OpenConnection | undefined;
  #opening: Promise<OpenConnection> | undefined;
  #cancel: ((reason: Error) => void) | undefined;
  readonly #closing = new Set<Promise<void>>();

  constructor(redisPackage: RedisPackage, endpoint: Endpoint) {
    this.#redis = redisPackage;
    this.endpoint = endpoint;
  }

  /** The open connection, if there is one at this moment. */
  get current(): OpenConnection | undefined {
    return this.#open;
  }

  /** Opens the connection, or waits for whoever is opening it. `opened` is called if this call does it. */
  open(reach: RedisReach, opened: (tookMs: number) => void): Promise<OpenConnection> {
    if (this.#opening !== undefined) return this.#opening;
    const started = performance.now();
    const opening = this.#connect(reach).then((connection) => {
      opened(performance.now() - started);
      this.#open = connection;
      return connection;
    });
    this.#opening = opening;
    const over = (): void => {
      this.#opening = undefined;
      this.#cancel = undefined;
    };
    opening.then(over, over);
    return opening;
  }

  /** Closes a connection that is of no use any more; the next command opens another. */
  drop(connection: OpenConnection): void {
    if (this.#open === connection) this.#open = undefined;
    const closing = connection.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async close(reason: Error): Promise<void> {
    this.#cancel?.(reason);
    await this.#opening?.catch(() => undefined);
    if (this.#open !== undefined) this.drop(this.#open);
    await Promise.all(this.#closing);
  }

  async #connect({ transport, insecure }: RedisReach): Promise<OpenConnection> {
    const { host, place, username, password, database, tls, connectTimeoutMs } = this.endpoint;
    const to = transport.reach(host, this.endpoint.port);
    const servername = isIP(host) === 0 ? { servername: host } : {};
    // Beneath TLS the socket is ours; without TLS there is no way to give the library one.
    const beneath = tls === undefined ? undefined : new Socket();
    const client = this.#redis.createClient({
      RESP: 2,
      database,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled',
      // Time limits are kept in the session. The library's own (5 s unless told) is for what it has not written yet, and
      // makes a signal with a timer for each command, which stays for the 5 s.
      commandOptions: { timeout: 0 },
      socket: {
        ...to,
        reconnectStrategy: false,
        // The limit is kept here, as the library's does not include the login.
        connectTimeout: LONGEST_MS,
        ...(tls === undefined
          ? {}
          : {
              // The name that the certificate is for, wherever its server is.
              host,
              ...servername,
              ...tls,
              tls: true as const,
              socket: beneath,
              ...(insecure ? { rejectUnauthorized: false } : {}),
            }),
      },
    }) as unknown as Client;
    let broken: Error | undefined;
    const fails = (error: Error): void => {
      broken ??= error;
    };
    client.on('error', fails);
    let connecting: Promise<unknown> = Promise.resolve();
    const made = socketMadeBy(() => {
      beneath?.connect(to);
      connecting = client.connect();
    });
    const socket = beneath ?? made;
    socket?.once('error', fails);
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      this.#cancel = reject;
      if (connectTimeoutMs > 0) {
        timer = setTimeout(() => reject(connectTimeout(place, connectTimeoutMs)), connectTimeoutMs);
      }
      socket?.once('close', () => reject(broken ?? new Error('connection closed by the server')));
    });
    try {
      await Promise.race([connecting, failed]);
    } catch (error) {
      connecting.catch(() => undefined);
      await destroy(client, socket);
      throw error;
    } finally {
      clearTimeout(timer);
      failed.catch(() => undefined);
    }
    const connection = new OpenConnection(client, socket);
    client.on('error', (error: Error) => {
      // The end of the connection is told here too.
      if (socket?.readable !== true || !client.isReady) return;
      connection.malformed = error;
      this.drop(connection);
    });
    socket?.once('close', () => {
      if (this.#open === connection) this.drop(connection);
    });
    return connection;
  }
}
