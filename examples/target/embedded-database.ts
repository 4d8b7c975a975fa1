import { setTimeout as delay } from 'node:timers/promises';
import { type Database, SEED_SQL } from './database.ts';
import { optionalPackage } from './optional-package.ts';
import { Pool } from './pool.ts';
import type { TargetSettings } from './settings.ts';

/** The seeded tables fit in it many times; PostgreSQL's 128 MB would be touched, and so taken, at the start. */
const SHARED_BUFFERS = '8MB';

/**
 * PGlite: PostgreSQL compiled to WebAssembly, one engine inside this process. The pool of slots in front of it makes
 * it behave under load as a server with that many connections does: a slot is kept for the time of the query, and who
 * finds none free waits in line.
 */
export async function openEmbedded(settings: TargetSettings): Promise<Database> {
  const { PGlite } = await optionalPackage(
    () => import('@electric-sql/pglite'),
    '@electric-sql/pglite',
    'as its embedded database',
    ', or set DATABASE_URL to a PostgreSQL server',
  );
  const engine = await PGlite.create({ postgresqlconf: `shared_buffers=${SHARED_BUFFERS}` });
  await engine.exec(SEED_SQL);
  const pool = new Pool(settings.poolSize, settings.acquireTimeoutMs);

  return {
    kind: 'pglite',
    async query(sql, values, holdMs = 0) {
      const asked = performance.now();
      await pool.acquire();
      const acquired = performance.now();
      try {
        const { rows } = await engine.query<Record<string, unknown>>(sql, [...values]);
        // Timers cut fractions off: without rounding up every query would be a little short.
        const rest = Math.ceil(holdMs - (performance.now() - acquired));
        if (rest > 0) await delay(rest);
        return { rows, waitMs: acquired - asked };
      } finally {
        pool.release();
      }
    },
    use: () => pool.use(),
    close: () => engine.close(),
  };
}
