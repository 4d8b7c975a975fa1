import { expect, test } from 'vitest';
import { Pool, PoolTimeout } from '../../../examples/target/pool.ts';

/** Lets promise callbacks run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('hands out as many slots as it has, and no more', async () => {
  const pool = new Pool(2, 1000);
  await pool.acquire();
  await pool.acquire();
  const third = pool.acquire();
  expect(pool.use()).toEqual({ size: 2, inUse: 2, waiting: 1, timeouts: 0 });
  pool.release();
  await third;
  expect(pool.use()).toEqual({ size: 2, inUse: 2, waiting: 0, timeouts: 0 });
  pool.release();
  pool.release();
  expect(pool.use().inUse).toBe(0);
});

test('serves the line in order, and nobody overtakes it', async () => {
  const pool = new Pool(1, 1000);
  await pool.acquire();
  const order: number[] = [];
  const waiting = [1, 2, 3].map((n) => pool.acquire().then(() => order.push(n)));
  pool.release();
  // The slot is free in no moment between release and the waiter's wake-up.
  const late = pool.acquire().then(() => order.push(4));
  await settle();
  expect(order).toEqual([1]);
  for (let n = 0; n < 3; n += 1) {
    pool.release();
    await settle();
  }
  await Promise.all([...waiting, late]);
  expect(order).toEqual([1, 2, 3, 4]);
});

test('turns away who waits too long, and works on afterwards', async () => {
  const pool = new Pool(1, 30);
  await pool.acquire();
  await expect(pool.acquire()).rejects.toThrow(PoolTimeout);
  expect(pool.use()).toEqual({ size: 1, inUse: 1, waiting: 0, timeouts: 1 });
  pool.release();
  await pool.acquire();
  expect(pool.use().inUse).toBe(1);
});

test('50 users of 20 slots are served in three rounds', async () => {
  const pool = new Pool(20, 10_000);
  const rounds: number[] = [];
  let round = 1;
  const users = Array.from({ length: 50 }, () => pool.acquire().then(() => rounds.push(round)));
  for (; round <= 3; round += 1) {
    await settle();
    expect(pool.use()).toMatchObject({ inUse: round < 3 ? 20 : 10, waiting: Math.max(0, 50 - 20 * round) });
    for (let n = pool.use().inUse; n > 0; n -= 1) pool.release();
  }
  await Promise.all(users);
  expect([1, 2, 3].map((n) => rounds.filter((r) => r === n).length)).toEqual([20, 20, 10]);
  expect(pool.use().inUse).toBe(0);
});
