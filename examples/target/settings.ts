/**
 * What can be set about the demo system, with the environment variable that sets it in its own process.
 *
 *     databaseUrl       DATABASE_URL               PostgreSQL in place of PGlite
 *     redisUrl          REDIS_URL                  Redis in place of the in-process cache
 *     poolSize          TARGET_POOL_SIZE           database connections
 *     acquireTimeoutMs  TARGET_ACQUIRE_TIMEOUT_MS  longest wait for one, then 503
 *     queryMs           TARGET_QUERY_MS            how long `/db/query` and a cache miss keep one
 *     cacheSize         TARGET_CACHE_SIZE          entries of the in-process cache
 *     seed              TARGET_SEED                start of the chat delays and of `/flaky`
 */
export interface TargetSettings {
  readonly databaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  readonly poolSize: number;
  readonly acquireTimeoutMs: number;
  readonly queryMs: number;
  readonly cacheSize: number;
  readonly seed: number;
}

export const DEFAULT_SETTINGS: TargetSettings = {
  poolSize: 20,
  acquireTimeoutMs: 1000,
  queryMs: 10,
  cacheSize: 1000,
  seed: 1,
};

const VARIABLES = {
  poolSize: { name: 'TARGET_POOL_SIZE', min: 1 },
  acquireTimeoutMs: { name: 'TARGET_ACQUIRE_TIMEOUT_MS', min: 1 },
  queryMs: { name: 'TARGET_QUERY_MS', min: 0 },
  cacheSize: { name: 'TARGET_CACHE_SIZE', min: 1 },
  seed: { name: 'TARGET_SEED', min: 0 },
} as const;

function wholeVariable(env: NodeJS.ProcessEnv, name: string, min: number, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min) {
    throw new Error(`${name} is '${text}'; a whole number from ${min} is expected`);
  }
  return value;
}

/** Settings from environment variables; an empty variable counts as absent. Throws on a value that is no number. */
export function settingsFromEnv(env: NodeJS.ProcessEnv): TargetSettings {
  const number = (key: keyof typeof VARIABLES): number =>
    wholeVariable(env, VARIABLES[key].name, VARIABLES[key].min, DEFAULT_SETTINGS[key]);
  return {
    databaseUrl: env.DATABASE_URL || undefined,
    redisUrl: env.REDIS_URL || undefined,
    poolSize: number('poolSize'),
    acquireTimeoutMs: number('acquireTimeoutMs'),
    queryMs: number('queryMs'),
    cacheSize: number('cacheSize'),
    seed: number('seed'),
  };
}
