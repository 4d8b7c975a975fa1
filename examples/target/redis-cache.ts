import { randomUUID } from 'node:crypto';
import type { Cache } from './cache.ts';
import { optionalPackage } from './optional-package.ts';

/** Entries go away by themselves when the demo has left a lent server. */
const TTL_SECONDS = 600;

/**
 * A Redis server as cache. Every start, and every `clear`, uses keys of its own, so that a run begins cold and nobody
 * else's keys are ever touched.
 */
export async function openRedis(url: string): Promise<Cache> {
  const { createClient } = await optionalPackage(
    () => import('@redis/client'),
    '@redis/client',
    'to use REDIS_URL',
  );
  let started = false;
  const client = createClient({
    url,
    socket: {
      connectTimeout: 5000,
      // Before the first connection a failure is final: a wrong address should be told, not retried.
      reconnectStrategy: (tries) => (started ? Math.min(50 * tries, 1000) : false),
    },
    disableOfflineQueue: true,
  });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new Error(`Could not reach the Redis server of REDIS_URL: ${(error as Error).message}`, {
      cause: error,
    });
  }
  started = true;
  let prefix = `brunt-demo:${randomUUID()}:`;

  return {
    kind: 'redis',
    get: async (key) => (await client.get(prefix + key)) ?? undefined,
    set: async (key, value) => {
      await client.set(prefix + key, value, { expiration: { type: 'EX', value: TTL_SECONDS } });
    },
    clear: async () => {
      prefix = `brunt-demo:${randomUUID()}:`;
    },
    entries: () => undefined,
    close: async () => {
      client.destroy();
    },
  };
}
