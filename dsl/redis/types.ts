/** What `brunt/redis` gives to scripts. */

import type { Duration } from '../duration.ts';
import type { Tags } from '../params.ts';
import type { RedisError } from './error-codes.ts';

export type RedisValue = string | number | Uint8Array;

/** What the server answered: text, whole number, nothing, or a list of these. */
export type RedisReply = string | number | null | readonly RedisReply[];

export interface SetOptions {
  /** How long the key lives. */
  readonly ttl?: Duration;
  readonly onlyIf?: 'absent' | 'present';
}

/** Commands by name, with the reply that each gives. Everything else goes through `command`. */
export interface RedisCommands {
  ping(): Promise<string>;
  get(key: string): Promise<string | null>;
  /** False where `onlyIf` kept it from being set. */
  set(key: string, value: RedisValue, options?: SetOptions): Promise<boolean>;
  /** Number of keys that there were. */
  del(...keys: readonly string[]): Promise<number>;
  exists(...keys: readonly string[]): Promise<number>;
  /** The value after. */
  incr(key: string, by?: number): Promise<number>;
  decr(key: string, by?: number): Promise<number>;
  /** False where there is no such key. */
  expire(key: string, ttl: Duration): Promise<boolean>;
  mget(keys: readonly string[]): Promise<(string | null)[]>;
  mset(values: Readonly<Record<string, RedisValue>>): Promise<void>;
  hget(key: string, field: string): Promise<string | null>;
  /** Number of fields that are new. */
  hset(key: string, fields: Readonly<Record<string, RedisValue>>): Promise<number>;
  hgetall(key: string): Promise<Record<string, string>>;
  lpush(key: string, ...values: readonly RedisValue[]): Promise<number>;
  rpop(key: string): Promise<string | null>;
  sadd(key: string, ...members: readonly RedisValue[]): Promise<number>;
  smembers(key: string): Promise<string[]>;
  zadd(key: string, scores: Readonly<Record<string, number>>): Promise<number>;
  zrange(key: string, start: number, stop: number): Promise<string[]>;
  publish(channel: string, message: RedisValue): Promise<number>;
  eval<T = RedisReply>(
    script: string,
    input?: { readonly keys?: readonly string[]; readonly args?: readonly RedisValue[] },
  ): Promise<T>;
  /** Any command, as words: `command(['GETEX', 'key', 'EX', 10])`. */
  command<T = RedisReply>(words: readonly RedisValue[]): Promise<T>;
}

/** Commands that are sent together; each call adds one, `exec` sends them and gives their replies in order. */
export type RedisBatch = {
  readonly [Name in keyof RedisCommands]: (...args: Parameters<RedisCommands[Name]>) => RedisBatch;
} & {
  /** Rejects with the first error, after all replies are in. */
  exec(): Promise<unknown[]>;
};

export interface CallOptions {
  /** Replaces the command as the tag `name`. */
  readonly name?: string;
  readonly tags?: Tags;
  /** From sending to the last reply; default: the connection's `timeout`. */
  readonly timeout?: Duration;
}

export interface Redis extends RedisCommands {
  /** The same connection, with a name, tags or a time limit for what is sent through it. */
  with(options: CallOptions): Redis;
  /** Several commands in one go; others may come between them. */
  pipeline(): RedisBatch;
  /** Several commands as a transaction (`MULTI`, `EXEC`). */
  multi(): RedisBatch;
}

export interface ConnectOptions {
  /** Who shares the connection: nobody (default), or all VUs of a worker thread, whose commands are pipelined over it. */
  readonly scope?: 'vu' | 'worker';
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
  /** Longest time for a command; default 60s, 0: no limit. */
  readonly timeout?: Duration;
  /** Longest time for opening the connection, with TLS and login; default 10s. */
  readonly connectTimeout?: Duration;
  /** Options of `node:tls`, for `rediss:` URLs. */
  readonly tls?: import('node:tls').ConnectionOptions;
}

export interface RedisModule {
  /** A measured connection, opened at the first command; module code only. `url`: `redis[s]://user:password@host:6379/0`. */
  readonly connect: (url: string, options?: ConnectOptions) => Redis;
  readonly RedisError: typeof RedisError;
}
