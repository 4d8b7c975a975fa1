import type { PoolClient } from 'pg';
import { type Database, SEED_SQL } from './database.ts';
import { optionalPackage } from './optional-package.ts';
import { PoolTimeout } from './pool.ts';
import type { TargetSettings } from './settings.ts';

/** The address without its password, for messages. */
function printable(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    return parsed.href;
  } catch {
    return 'DATABASE_URL';
  }
}

/** A PostgreSQL server through the pool of the `pg` package: waits and time limits are the pool's own. */
export async function openPostgres(url: string, settings: TargetSettings): Promise<Database> {
  const { default: pg } = await optionalPackage(() => import('pg'), 'pg', 'to use DATABASE_URL');
  const pool = new pg.Pool({
    connectionString: url,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.acquireTimeoutMs,
    application_name: 'brunt-demo',
  });
  // A connection that breaks while idle is replaced by the pool at the next query; without a listener it would throw.
  pool.on('error', () => {});
  try {
    await pool.query(SEED_SQL);
  } catch (error) {
    await pool.end();
    throw new Error(`Could not prepare the database ${printable(url)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  let timeouts = 0;

  const connect = async (): Promise<PoolClient> => {
    try {
      return await pool.connect();
    } catch (error) {
      if (!(error as Error).message.startsWith('timeout exceeded')) throw error;
      timeouts += 1;
      throw new PoolTimeout(settings.acquireTimeoutMs, error);
    }
  };

  return {
    kind: 'postgres',
    async query(sql, values, holdMs = 0) {
      const asked = performance.now();
      const client = await connect();
      const waitMs = performance.now() - asked;
      let broken = true;
      try {
        if (holdMs > 0) await client.query('select pg_sleep($1)', [holdMs / 1000]);
        const { rows } = await client.query(sql, [...values]);
        broken = false;
        return { rows: rows as Record<string, unknown>[], waitMs };
      } finally {
        client.release(broken);
      }
    },
    use: () => ({
      size: settings.poolSize,
      inUse: pool.totalCount - pool.idleCount,
      waiting: pool.waitingCount,
      timeouts,
    }),
    close: () => pool.end(),
  };
}
