/** Commands as words, and what their replies mean. */

import { type Duration, parseDuration } from '../duration.ts';
import type { RedisCommands, RedisValue, SetOptions } from './types.ts';

export interface Command {
  readonly words: readonly (string | Buffer)[];
  /** The reply as the script gets it. */
  read(reply: unknown): unknown;
}

function word(value: RedisValue, command: string): string | Buffer {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(
    `redis ${command}: ${value === null ? 'null' : typeof value} is neither a text, a number nor bytes`,
  );
}

const asIs = (reply: unknown): unknown => reply;
const isOne = (reply: unknown): boolean => reply === 1;

function command(words: readonly RedisValue[], read: (reply: unknown) => unknown = asIs): Command {
  const name = String(words[0]);
  return { words: words.map((value) => word(value, name)), read };
}

/** Milliseconds, as the server takes them: whole and at least 1. */
function ttlMs(name: string, ttl: Duration): number {
  const ms = typeof ttl === 'string' ? parseDuration(ttl) : ttl;
  if (typeof ms !== 'number' || !(ms > 0)) {
    throw new TypeError(`redis ${name}: ${String(ttl)} is not a duration such as '10s' or 500 (ms)`);
  }
  return Math.max(1, Math.round(ms));
}

function setWords({ ttl, onlyIf }: SetOptions): RedisValue[] {
  if (onlyIf !== undefined && onlyIf !== 'absent' && onlyIf !== 'present') {
    throw new TypeError(`redis set: onlyIf is 'absent' or 'present', not ${JSON.stringify(onlyIf)}`);
  }
  return [
    ...(ttl === undefined ? [] : ['PX', ttlMs('set', ttl)]),
    ...(onlyIf === undefined ? [] : [onlyIf === 'absent' ? 'NX' : 'XX']),
  ];
}

/** Name, value, name, value … to an object. */
function record(reply: unknown): Record<string, unknown> {
  const list = reply as readonly unknown[];
  const pairs = Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], list[2 * i + 1]] as const);
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

export const COMMANDS: {
  readonly [Name in keyof RedisCommands]: (...args: Parameters<RedisCommands[Name]>) => Command;
} = {
  ping: () => command(['PING']),
  get: (key) => command(['GET', key]),
  set: (key, value, options = {}) =>
    command(['SET', key, value, ...setWords(options)], (reply) => reply !== null),
  del: (...keys) => command(['DEL', ...keys]),
  exists: (...keys) => command(['EXISTS', ...keys]),
  incr: (key, by = 1) => command(['INCRBY', key, by]),
  decr: (key, by = 1) => command(['DECRBY', key, by]),
  expire: (key, ttl) => command(['PEXPIRE', key, ttlMs('expire', ttl)], isOne),
  mget: (keys) => command(['MGET', ...keys]),
  mset: (values) => command(['MSET', ...Object.entries(values).flat()], () => undefined),
  hget: (key, field) => command(['HGET', key, field]),
  hset: (key, fields) => command(['HSET', key, ...Object.entries(fields).flat()]),
  hgetall: (key) => command(['HGETALL', key], record),
  lpush: (key, ...values) => command(['LPUSH', key, ...values]),
  rpop: (key) => command(['RPOP', key]),
  sadd: (key, ...members) => command(['SADD', key, ...members]),
  smembers: (key) => command(['SMEMBERS', key]),
  zadd: (key, scores) =>
    command(['ZADD', key, ...Object.entries(scores).flatMap(([member, score]) => [score, member])]),
  zrange: (key, start, stop) => command(['ZRANGE', key, start, stop]),
  publish: (channel, message) => command(['PUBLISH', channel, message]),
  eval: (script, { keys = [], args = [] } = {}) => command(['EVAL', script, keys.length, ...keys, ...args]),
  command: (words) => {
    if (!Array.isArray(words) || words.length === 0) {
      throw new TypeError("redis command: its words were expected, such as ['GETEX', 'key']");
    }
    return command(words);
  },
};

export function nameOf({ words }: Command): string {
  return String(words[0]).toUpperCase();
}

/** Commands that look keys or fields up: a reply of nothing is a miss. */
const LOOKUPS = new Set(['GET', 'GETEX', 'GETDEL', 'HGET', 'MGET', 'HMGET']);

/** Hits and misses that a reply tells of; undefined for commands that look nothing up. */
export function lookups(name: string, reply: unknown): readonly boolean[] | undefined {
  if (!LOOKUPS.has(name)) return undefined;
  return Array.isArray(reply) ? reply.map((value) => value !== null) : [reply !== null];
}
