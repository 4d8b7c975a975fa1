/** `brunt/redis`: connections, by whom they are shared, and the objects that scripts send commands through. */

import { InterruptedError } from '../errors.ts';
import type { VuHost } from '../host.ts';
import { requirePackage } from '../optional-package.ts';
import { readMs, readObject, readWhole, wrongParam } from '../params.ts';
import { COMMANDS, type Command } from './commands.ts';
import { type Endpoint, RedisConnection, type RedisPackage } from './connection.ts';
import { RedisError } from './error-codes.ts';
import { type BatchMode, type Call, RedisSession } from './session.ts';
import type { CallOptions, ConnectOptions, Redis, RedisBatch, RedisModule } from './types.ts';

const KEYS = [
  'scope',
  'username',
  'password',
  'database',
  'timeout',
  'connectTimeout',
  'tls',
] as const satisfies readonly (keyof ConnectOptions)[];
const CALL_KEYS = ['name', 'tags', 'timeout'] as const satisfies readonly (keyof CallOptions)[];

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_PORT = 6379;

/** Connections of this thread that VUs share, by endpoint. */
const shared = new Map<string, { readonly connection: RedisConnection; users: number }>();

function readEndpoint(url: string, options: ConnectOptions): Endpoint {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TypeError(
      'redis.connect: the URL cannot be parsed; expected redis://user:password@host:6379/0',
    );
  }
  const { protocol, hostname, port, pathname } = parsed;
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw new TypeError(`redis.connect: redis: or rediss: was expected, not ${protocol}`);
  }
  const numbered = pathname.replace(/^\//, '');
  if (numbered !== '' && !/^\d+$/.test(numbered)) {
    throw new TypeError(
      `redis.connect: the database is a number (redis://host/0), not ${JSON.stringify(numbered)}`,
    );
  }
  const host = hostname === '' ? 'localhost' : hostname.replace(/^\[(.*)\]$/, '$1');
  const number = port === '' ? DEFAULT_PORT : Number(port);
  const given = (text: string): string | undefined => (text === '' ? undefined : decodeURIComponent(text));
  return {
    host,
    port: number,
    place: `${hostname === '' ? host : hostname}:${number}`,
    username: options.username ?? given(parsed.username),
    password: options.password ?? given(parsed.password),
    database: readWhole('redis.connect', 'database', options.database, Number(numbered)),
    tls: protocol === 'rediss:' ? { ...options.tls } : undefined,
    connectTimeoutMs: readMs(
      'redis.connect',
      'connectTimeout',
      options.connectTimeout,
      DEFAULT_CONNECT_TIMEOUT_MS,
    ),
  };
}

function createConnect(host: VuHost): RedisModule['connect'] {
  return (url, given) => {
    if (!host.initializing) {
      throw new Error('redis.connect is for module code: it is called once per VU, not in an iteration');
    }
    if (typeof url !== 'string') {
      throw new TypeError(`redis.connect: a URL such as redis://host:6379 was expected, not ${typeof url}`);
    }
    const options = readObject<ConnectOptions>('redis.connect', given, KEYS);
    const { scope = 'vu' } = options;
    if (scope !== 'vu' && scope !== 'worker') {
      throw wrongParam('redis.connect', 'scope', scope, "'vu' or 'worker'");
    }
    const endpoint = readEndpoint(url, options);
    const timeoutMs = readMs('redis.connect', 'timeout', options.timeout, DEFAULT_TIMEOUT_MS);
    const redis = requirePackage('@redis/client', host.scriptDir, 'brunt/redis') as RedisPackage;
    const key = JSON.stringify([endpoint, options.password]);

    let own: RedisConnection | undefined;
    const use = (): RedisConnection => {
      if (own !== undefined) return own;
      const known = scope === 'worker' ? shared.get(key) : undefined;
      own = known?.connection ?? new RedisConnection(redis, endpoint);
      if (known !== undefined) known.users += 1;
      else if (scope === 'worker') shared.set(key, { connection: own, users: 1 });
      return own;
    };
    const session = new RedisSession(host, { redis, exclusive: scope === 'vu', use });
    host.onRetire(async () => {
      const reason = new InterruptedError('the VU was retired');
      session.rejectAll(reason);
      const connection = own;
      own = undefined;
      if (connection === undefined) return;
      const known = scope === 'worker' ? shared.get(key) : undefined;
      if (known !== undefined) {
        known.users -= 1;
        if (known.users > 0) return;
        shared.delete(key);
      }
      await connection.close(reason);
    });
    return createRedis(session, { name: undefined, tags: undefined, timeoutMs });
  };
}

/** A method per command, each doing `use` with what builds its command. */
function methods<T>(use: (build: () => Command) => T): object {
  return Object.fromEntries(
    Object.entries(COMMANDS).map(([name, build]) => [
      name,
      (...args: unknown[]) => use(() => (build as (...given: unknown[]) => Command)(...args)),
    ]),
  );
}

function createBatch(session: RedisSession, mode: BatchMode, call: Call): RedisBatch {
  let commands: Command[] = [];
  const batch = {
    ...methods((build) => {
      commands.push(build());
      return batch;
    }),
    exec: () => {
      const all = commands;
      commands = [];
      return session.batch(all, mode, call);
    },
  } as RedisBatch;
  return batch;
}

function createRedis(session: RedisSession, call: Call): Redis {
  return {
    ...methods(async (build) => session.one(build(), call)),
    with: (options: CallOptions) => {
      const { name, tags, timeout } = readObject<CallOptions>('redis', options, CALL_KEYS);
      return createRedis(session, {
        name: name ?? call.name,
        tags: { ...call.tags, ...tags },
        timeoutMs: readMs('redis', 'timeout', timeout, call.timeoutMs),
      });
    },
    pipeline: () => createBatch(session, 'pipeline', call),
    multi: () => createBatch(session, 'multi', call),
  } as Redis;
}

/** What `import … from 'brunt/redis'` is to one VU. */
export function create(host: VuHost): RedisModule {
  return { connect: createConnect(host), RedisError };
}
