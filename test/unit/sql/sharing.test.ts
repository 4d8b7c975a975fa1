/** Who shares a pool, with a driver of the test's own: the seam for other databases. */

import { expect, test } from 'vitest';
import { create } from '../../../dsl/sql/sql.ts';
import type { PoolOptions, SqlConnection, SqlDriver } from '../../../dsl/sql/types.ts';
import { FakeHost } from '../../helpers/host.ts';
import { rejection, tick, vu } from './harness.ts';

let places = 0;

/** Statements are milliseconds to wait; `fail …` fails. */
function fakeDriver(): SqlDriver & { open: number; most: number } {
  const driver = {
    proto: 'fake',
    place: `fake:${++places}`,
    open: 0,
    most: 0,
    connect: (): Promise<SqlConnection> => {
      driver.open += 1;
      driver.most = Math.max(driver.most, driver.open);
      const close = (): Promise<void> => {
        driver.open -= 1;
        return Promise.resolve();
      };
      return Promise.resolve({
        query: async (text: string) => {
          if (text.startsWith('fail')) throw new Error(text);
          await tick(Number(text) || 0);
          return { rows: [{ text }], affected: 1 };
        },
        close,
        abort: close,
        onLost: () => undefined,
      });
    },
  };
  return driver;
}

test('one pool per thread is shared by its VUs and closed with the last of them', async () => {
  const driver = fakeDriver();
  const options: PoolOptions = { scope: 'worker', size: 2, name: 'shared' };
  const [one, two] = [vu(driver, options), vu(driver, options)];
  await Promise.all([one, one, two, two].map(({ db }) => db.query('20')));
  expect(driver.most).toBe(2);
  expect(one.db.use()).toEqual(two.db.use());
  await one.host.retire();
  expect(driver.open).toBe(2);
  await two.host.retire();
  expect(driver.open).toBe(0);
  // Another name is another pool.
  const other = vu(driver, { ...options, name: 'other' });
  const again = vu(driver, options);
  await Promise.all([other, other, again, again].map(({ db }) => db.query('20')));
  expect(driver.open).toBe(4);
});

test('every VU with a pool of its own, one connection unless told otherwise', async () => {
  const driver = fakeDriver();
  const vus = [vu(driver, { scope: 'vu' }), vu(driver, { scope: 'vu' })];
  await Promise.all(vus.flatMap(({ db }) => [db.query('10'), db.query('10')]));
  expect(driver.most).toBe(2);
  await vus[0]?.host.retire();
  expect(driver.open).toBe(1);
});

test.each([
  [10, 3, 4],
  [4, 4, 1],
  [undefined, 4, 3],
  [undefined, 16, 1],
])('of %s connections for %s workers the first one has %s', async (size, workers, own) => {
  const driver = fakeDriver();
  const { db } = vu(driver, size === undefined ? {} : { size }, { workers });
  await Promise.all(Array.from({ length: 20 }, () => db.query('1')));
  expect(driver.most).toBe(own);
});

test('fewer connections than workers are refused while the script loads', () => {
  expect(() => vu(fakeDriver(), { size: 2 }, { workers: 3 })).toThrow(
    '2 connections of one pool cannot be divided over 3 workers',
  );
});

test('statements of one connection run one after the other, also those that nobody waits for', async () => {
  const log: string[] = [];
  const driver: SqlDriver = {
    ...fakeDriver(),
    begin: () => 'begin',
    connect: () =>
      Promise.resolve({
        query: async (text) => {
          log.push(`> ${text}`);
          await tick(5);
          log.push(`< ${text}`);
          if (text === 'fail') throw new Error('failed');
          return { rows: [], affected: 0 };
        },
        close: () => Promise.resolve(),
        abort: () => Promise.resolve(),
        onLost: () => undefined,
      }),
  };
  const { db, host } = vu(driver, { scope: 'vu', timeout: 1000 });
  const inTurn = (texts: readonly string[]): string[] => texts.flatMap((text) => [`> ${text}`, `< ${text}`]);
  await db.transaction(async (tx) => {
    await Promise.allSettled(['1', 'fail', '3'].map((text) => tx.query(text)));
    void tx.query('4');
  });
  expect(log.splice(0)).toEqual(inTurn(['begin', '1', 'fail', '3', '4', 'commit']));
  await db.session((session) => {
    void session.query('5');
  });
  await db.query('6');
  expect(log.splice(0)).toEqual(inTurn(['5', '6']));

  // Over its time limit, the rest of the connection's statements fail too.
  const late = await db
    .session((session) =>
      Promise.allSettled([session.query('7', [], { timeout: 1 }), session.query('8'), session.query('9')]),
    )
    .then((results) => results.map((result) => (result as PromiseRejectedResult).reason as { code: number }));
  expect(late.map(({ code }) => code)).toEqual([2021, 2021, 2021]);
  expect(log).toEqual(['> 7']);
  expect(host.sum('sql_query_timeouts')).toBe(3);
  await tick(20);
  await db.query('10');
});

test('an unknown error of a driver has the code for others; the connection stays', async () => {
  const driver = fakeDriver();
  const { db, host } = vu(driver, { scope: 'vu' });
  const error = await rejection(db.query('fail 7'));
  expect([error.name, error.code, error.message]).toEqual(['SqlError', 2000, 'fail 7']);
  await db.query('0');
  expect(driver.most).toBe(1);
  expect(host.counted).toEqual([{ label: 'fail ?', code: 2000, message: 'fail 7' }]);
});

test('mistakes are told: when, where and what', async () => {
  const driver = fakeDriver();
  const host = new FakeHost();
  expect(() => create(host).pool(driver)).toThrow('module code');
  host.initializing = true;
  const db = create(host).pool(driver);
  expect((await rejection(db.query('1'))).message).toContain('while the script loads');
  const wrong: readonly [unknown, string][] = [
    [{ size: 0 }, 'a whole number from 1'],
    [{ scope: 'all' }, "'vu', 'worker' or 'run'"],
    [{ acquireTimeout: 'soon' }, 'a duration'],
    [{ acquiretimeout: 1 }, 'did you mean acquireTimeout?'],
  ];
  for (const [options, says] of wrong) {
    expect(() => create(host).pool(driver, options as PoolOptions)).toThrow(says);
  }
  expect(() => create(host).pool('localhost/db')).toThrow('without a scheme');
  host.initializing = false;
  expect((await rejection(db.query('1', 5 as unknown as unknown[]))).message).toContain('a list');
  expect((await rejection(db.query('  '))).message).toContain('a statement was expected');
  expect((await rejection(db.transaction(() => 1, { isolation: 'serializable' }))).message).toContain(
    'no options for transactions',
  );
  await host.retire();
});
