/**
 * Bare loops over the clients of stores, doing what `bench/scripts/redis.ts` and `sql.ts` do. Usage:
 *
 *     node bench/loops/stores.mjs redis|sql URL LOOPS SECONDS
 *
 * `redis`: a connection for each loop. `sql`: a pool of 10 for all. Prints `{ "iterations": n }`.
 */

const [store, url, loops, seconds] = process.argv.slice(2);
let iterations = 0;

async function redisLoop(client, number, endAt) {
  while (performance.now() < endAt) {
    await client.set(`user:${number}`, 'a short value');
    await client.get(`user:${number}`);
    iterations++;
  }
}

async function sqlLoop(pool, endAt) {
  for (let i = 0; performance.now() < endAt; i++) {
    await pool.query('select $1::int as id', [i]);
    iterations++;
  }
}

const numbers = Array.from({ length: Number(loops) }, (_, i) => i);
if (store === 'redis') {
  const { createClient } = await import('@redis/client');
  const clients = await Promise.all(numbers.map(() => createClient({ url }).connect()));
  const endAt = performance.now() + Number(seconds) * 1000;
  await Promise.all(clients.map((client, i) => redisLoop(client, i, endAt)));
  for (const client of clients) client.destroy();
} else {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const endAt = performance.now() + Number(seconds) * 1000;
  await Promise.all(numbers.map(() => sqlLoop(pool, endAt)));
  await pool.end();
}
console.log(JSON.stringify({ iterations }));
