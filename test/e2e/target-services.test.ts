import { expect, test } from 'vitest';
import { startTarget, type Target, type TargetOptions } from '../../examples/target/server.ts';
import { freePort, startPostgres, startRedis } from '../helpers/services.ts';

async function withTarget(options: TargetOptions, use: (target: Target) => Promise<void>): Promise<void> {
  const target = await startTarget(options);
  try {
    await use(target);
  } finally {
    await target.close();
  }
}

test('real PostgreSQL takes the place of PGlite', async (context) => {
  const postgres = await startPostgres(context);
  const settings = { databaseUrl: postgres.url, poolSize: 5, acquireTimeoutMs: 300 };
  await withTarget(settings, async ({ url, ready }) => {
    await ready;
    expect(await (await fetch(`${url}/health`)).json()).toEqual({
      status: 'ok',
      database: 'postgres',
      cache: 'memory',
    });
    const row = await fetch(`${url}/db/query?id=7`);
    expect(await row.json()).toEqual({ id: 7, author: 'user8', body: 'Message 7 of the archive' });
    expect(Number(row.headers.get('x-pool-wait'))).toBeGreaterThanOrEqual(0);
    expect(await (await fetch(`${url}/products/3`)).json()).toEqual({
      id: 3,
      name: 'Drill no. 3',
      price: 27.11,
    });

    // 20 queries of 10 ms over 5 connections: four rounds.
    const started = performance.now();
    const all = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/db/query?id=1`)));
    expect(all.every((res) => res.status === 200)).toBe(true);
    expect(performance.now() - started).toBeGreaterThan(39);
    const page = await (await fetch(`${url}/metrics`)).text();
    expect(page).toContain('\ndb_pool_size 5\n');
    expect(page).toContain('\ndb_pool_in_use 0\n');
  });

  // A second start on the same database finds its tables there. One connection, 100 ms each: four are through in time.
  await withTarget(
    { ...settings, poolSize: 1, queryMs: 100, acquireTimeoutMs: 350 },
    async ({ url, ready }) => {
      await ready;
      const all = await Promise.all(Array.from({ length: 12 }, () => fetch(`${url}/db/query?id=1`)));
      const refused = all.filter((res) => res.status === 503);
      expect(all.filter((res) => res.status === 200).length + refused.length).toBe(12);
      expect(refused.length).toBeGreaterThanOrEqual(8);
      expect(refused.length).toBeLessThan(12);
      expect(await (await fetch(`${url}/metrics`)).text()).toContain(
        `\ndb_pool_timeouts_total ${refused.length}\n`,
      );
      expect((await fetch(`${url}/db/query?id=1`)).status).toBe(200);
    },
  );
});

test('a PostgreSQL server that goes away costs errors, not the demo', async (context) => {
  const postgres = await startPostgres(context);
  await withTarget({ databaseUrl: postgres.url }, async ({ url, ready }) => {
    await ready;
    expect((await fetch(`${url}/db/query?id=1`)).status).toBe(200);
    await postgres.stop();
    const res = await fetch(`${url}/db/query?id=1`);
    expect(res.status).toBe(500);
    expect(((await res.json()) as { error: string }).error).not.toBe('');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});

test('real Redis takes the place of the in-process cache', async (context) => {
  const [redis, postgres] = [await startRedis(context), await startPostgres(context)];
  const settings = { redisUrl: redis.url, databaseUrl: postgres.url };
  const read = async (url: string): Promise<readonly [string | null, unknown]> => {
    const res = await fetch(`${url}/cache/key`);
    return [res.headers.get('x-cache'), await res.json()];
  };
  await withTarget(settings, async ({ url, ready }) => {
    await ready;
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ cache: 'redis' });
    const [first, value] = await read(url);
    expect(first).toBe('MISS');
    expect(await read(url)).toEqual(['HIT', value]);
    await fetch(`${url}/cache`, { method: 'DELETE' });
    expect((await read(url))[0]).toBe('MISS');
  });
  // A new start begins cold, though the server still holds the old keys.
  await withTarget(settings, async ({ url, ready }) => {
    await ready;
    expect((await read(url))[0]).toBe('MISS');
  });
});

test('a database or cache that cannot be reached is named, without its password', async () => {
  const port = await freePort();
  await withTarget({ databaseUrl: `postgres://user:secret@127.0.0.1:${port}/db` }, async ({ url, ready }) => {
    const reason = await ready.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(reason).toContain(`127.0.0.1:${port}`);
    expect(reason).toContain('ECONNREFUSED');
    expect(reason).not.toContain('secret');
    const health = await fetch(`${url}/health`);
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({ status: 'failed', reason });
  });
  await withTarget({ redisUrl: `redis://127.0.0.1:${port}` }, async ({ ready }) => {
    await expect(ready).rejects.toThrow(/Redis server of REDIS_URL/);
  });
});
