/** The public face of `brunt/redis`, for the type checker and for processes that are no worker of a run. */

import { outside } from '../outside.ts';
import { RedisError } from './error-codes.ts';
import type { RedisModule } from './types.ts';

/** A measured connection to a Redis server. Module code only. */
export const connect: RedisModule['connect'] = outside('redis.connect');
export { RedisError };

const redis: RedisModule = { connect, RedisError };
export default redis;

export type {
  CallOptions,
  ConnectOptions,
  Redis,
  RedisBatch,
  RedisCommands,
  RedisModule,
  RedisReply,
  RedisValue,
  SetOptions,
} from './types.ts';
