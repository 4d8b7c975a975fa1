import { expect, test } from 'vitest';
import { type Asker, ConnectionPool, type PoolLimits } from '../../../dsl/sql/connection-pool.ts';
import type { SqlConnection, SqlDriver } from '../../../dsl/sql/types.ts';
import { tick } from './harness.ts';

class FakeConnection implements SqlConnection {
  closed: 'no' | 'closed' | 'aborted' = 'no';
  lose: () => void = () => undefined;
  query(): Promise<never> {
    return Promise.reject(new Error('not used'));
  }
  close(): Promise<void> {
    this.closed = 'closed';
    return Promise.resolve();
  }
  abort(): Promise<void> {
    this.closed = 'aborted';
    return Promise.resolve();
  }
  onLost(listener: () => void): void {
    this.lose = listener;
  }
}

/** A driver whose connections open when the test says so. */
function rig(limits: Partial<PoolLimits>, immediately = true) {
  const opened: FakeConnection[] = [];
  const opening: { open(): void; fail(error: Error): void; signal: AbortSignal }[] = [];
  const driver: SqlDriver = {
    proto: 'fake',
    place: 'fake:1',
    connect: (signal) => {
      const connection = new FakeConnection();
      if (immediately) {
        opened.push(connection);
        return Promise.resolve(connection);
      }
      return new Promise((resolve, reject) => {
        opening.push({
          open: () => {
            opened.push(connection);
            resolve(connection);
          },
          fail: reject,
          signal,
        });
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    },
  };
  const sum = { size: 0, inUse: 0, waiting: 0 };
  const pool = new ConnectionPool(
    driver,
    { size: 2, maxWaiting: Number.POSITIVE_INFINITY, connectTimeoutMs: 1000, ...limits },
    (change) => {
      sum.size += change.size;
      sum.inUse += change.inUse;
      sum.waiting += change.waiting;
      // What was told adds up to what is, at every moment.
      expect(sum).toEqual(pool.use);
    },
  );
  const log: string[] = [];
  const held = new Map<string, SqlConnection>();
  const ask = (name: string, timeoutMs = 0): (() => void) => {
    const asker: Asker = {
      granted: (connection) => {
        held.set(name, connection);
        log.push(name);
      },
      refused: (error) => log.push(`${name}: ${(error as Error).message}`),
      opened: () => log.push(`${name} opened`),
    };
    return pool.ask(asker, timeoutMs);
  };
  const back = (name: string, usable = true): void => {
    pool.release(held.get(name) as SqlConnection, usable);
    held.delete(name);
  };
  return { pool, opened, opening, log, ask, back, sum };
}

test('first come, first served, over connections that are opened only when needed', async () => {
  const { pool, log, ask, back, opened } = rig({});
  ask('a');
  expect(pool.use).toEqual({ size: 1, inUse: 0, waiting: 1 });
  await tick(0);
  back('a');
  ask('b');
  back('b');
  expect(opened).toHaveLength(1);
  for (const name of ['c', 'd', 'e', 'f', 'g']) ask(name);
  await tick(0);
  expect(opened).toHaveLength(2);
  expect(pool.use).toEqual({ size: 2, inUse: 2, waiting: 3 });
  back('d');
  back('c');
  back('e');
  expect(log.filter((line) => !line.endsWith('opened'))).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  expect(opened.every(({ closed }) => closed === 'no')).toBe(true);
});

test('who gives up or runs out of time leaves the line; those behind move up', async () => {
  const { log, ask, back } = rig({ size: 1 });
  ask('a');
  await tick(0);
  const giveUp = ask('b');
  ask('c', 20);
  ask('d');
  giveUp();
  await expect.poll(() => log.length).toBe(3);
  back('a');
  expect(log).toEqual(['a opened', 'a', 'c: no connection of the pool within 20 ms: 1 of 1 are in use', 'd']);
  giveUp();
});

test('a full line refuses at once', async () => {
  const { log, ask } = rig({ size: 1, maxWaiting: 1 });
  ask('a');
  await tick(0);
  ask('b');
  ask('c');
  expect(log).toEqual(['a opened', 'a', 'c: more than 1 wait for a connection of the pool']);
});

test('opening that fails costs one waiter each, the oldest first; the next one tries anew', async () => {
  const { pool, log, ask, opening } = rig({ size: 2 }, false);
  for (const name of ['a', 'b', 'c']) ask(name);
  expect(opening).toHaveLength(2);
  opening[0]?.fail(new Error('refused'));
  await tick(0);
  expect(log).toEqual(['a: refused']);
  expect(opening).toHaveLength(3);
  opening[1]?.open();
  opening[2]?.open();
  await tick(0);
  expect(log.slice(1).sort()).toEqual(['b', 'b opened', 'c', 'c opened']);
  expect(pool.use).toEqual({ size: 2, inUse: 2, waiting: 0 });
});

test('a connection that is given back while another is being opened goes to who waits longest', async () => {
  const { log, ask, back, opening, pool } = rig({ size: 2 }, false);
  ask('a');
  opening[0]?.open();
  await tick(0);
  ask('b');
  back('a');
  opening[1]?.open();
  await tick(0);
  expect(log).toEqual(['a opened', 'a', 'b', 'b opened']);
  expect(pool.use).toEqual({ size: 2, inUse: 1, waiting: 0 });
});

test('what is lost or unusable is closed and replaced', async () => {
  const { pool, ask, back, opened } = rig({ size: 1 });
  ask('a');
  await tick(0);
  ask('b');
  back('a', false);
  expect(opened[0]?.closed).toBe('aborted');
  await tick(0);
  expect(opened).toHaveLength(2);
  opened[1]?.lose();
  back('b');
  expect(opened[1]?.closed).toBe('closed');
  ask('c');
  await tick(0);
  back('c');
  opened[2]?.lose();
  expect(opened[2]?.closed).toBe('aborted');
  expect(pool.use).toEqual({ size: 0, inUse: 0, waiting: 0 });
});

test('opening that takes too long is ended', async () => {
  const { log, ask, opening } = rig({ size: 1, connectTimeoutMs: 20 }, false);
  ask('a');
  await expect.poll(() => log.length).toBe(1);
  expect(opening[0]?.signal.aborted).toBe(true);
  expect(log).toEqual(['a: connecting to fake:1 timed out after 20 ms']);
});

test('closing ends all: waiting, opening, idle, in use', async () => {
  const { pool, log, ask, back, opened, opening } = rig({ size: 3 }, false);
  ask('a');
  opening[0]?.open();
  await tick(0);
  ask('b');
  opening[1]?.open();
  await tick(0);
  back('b');
  ask('c');
  ask('d');
  const closing = pool.close();
  expect(log.at(-1)).toBe('d: the pool is closed');
  await closing;
  expect(opening[2]?.signal.aborted).toBe(true);
  expect(opened.map(({ closed }) => closed)).toEqual(['aborted', 'aborted']);
  ask('e');
  expect(log.at(-1)).toBe('e: the pool is closed');
  expect(pool.use).toEqual({ size: 0, inUse: 0, waiting: 0 });
});
