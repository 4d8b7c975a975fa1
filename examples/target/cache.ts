import type { TargetSettings } from './settings.ts';

/** Text by key. What is in it may vanish at any time. */
export interface Cache {
  readonly kind: 'memory' | 'redis';
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  clear(): Promise<void>;
  /** Entries held; undefined where the server alone knows. */
  entries(): number | undefined;
  close(): Promise<void>;
}

/**
 * Least recently used entry goes first. A Map keeps insertion order, so an entry that is taken out and put back at
 * each use leaves the oldest at the front.
 */
export class LruCache {
  readonly #capacity: number;
  readonly #entries = new Map<string, string>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): string | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: string): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#capacity) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  clear(): void {
    this.#entries.clear();
  }
}

function memoryCache(capacity: number): Cache {
  const entries = new LruCache(capacity);
  return {
    kind: 'memory',
    get: async (key) => entries.get(key),
    set: async (key, value) => entries.set(key, value),
    clear: async () => entries.clear(),
    entries: () => entries.size,
    close: async () => {},
  };
}

/** Redis where `redisUrl` names one, otherwise a cache inside this process. */
export async function openCache(settings: TargetSettings): Promise<Cache> {
  if (settings.redisUrl === undefined) return memoryCache(settings.cacheSize);
  const { openRedis } = await import('./redis-cache.ts');
  return openRedis(settings.redisUrl);
}
