import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { createSharedStorage } from '../../../workers/control.ts';
import { createSharedMemory } from '../../../workers/shared/memory.ts';

/** Two views of one memory, as two threads have them. */
function pair() {
  const storage = createSharedStorage();
  return [createSharedMemory(storage), createSharedMemory(storage), storage] as const;
}

describe('counters', () => {
  test('start at 0, count for all threads together, and are apart by name', () => {
    const [a, b] = pair();
    expect([a.read('x'), a.addAndGetPrevious('x', 1), b.addAndGetPrevious('x', 5), a.read('x')]).toEqual([
      0, 0, 1, 6,
    ]);
    expect(b.read('y')).toBe(0);
    b.addAndGetPrevious('y', -3);
    expect([a.read('y'), a.read('x')]).toEqual([-3, 6]);
  });

  test('are right beyond 32 bits', () => {
    const [a, b] = pair();
    a.addAndGetPrevious('big', 2 ** 31);
    b.addAndGetPrevious('big', 2 ** 40);
    expect(a.addAndGetPrevious('big', 1)).toBe(2 ** 31 + 2 ** 40);
    expect(b.read('big')).toBe(2 ** 31 + 2 ** 40 + 1);
  });

  test('thousands of names, of any text, do not meet', () => {
    const [a, b] = pair();
    const names = Array.from({ length: 3000 }, (_, n) => `größe ${n} ${'x'.repeat(n % 50)}`);
    for (const [n, name] of names.entries()) a.addAndGetPrevious(name, n);
    expect(names.map((name) => b.read(name))).toEqual(names.map((_, n) => n));
  });
});

describe('data', () => {
  test('is built once; other threads read the stored bytes', () => {
    const [a, b] = pair();
    let built = 0;
    const build = () => {
      built++;
      return [
        { id: 1, name: 'Ada' },
        { id: 2, name: 'Grüße 🎉' },
      ];
    };
    const mine = a.data('users', build);
    const theirs = b.data('users', () => {
      throw new Error('built twice');
    });
    expect(built).toBe(1);
    expect(mine).toEqual(theirs);
    expect(theirs).toEqual([
      { id: 1, name: 'Ada' },
      { id: 2, name: 'Grüße 🎉' },
    ]);
    expect(a.data('users', build)).toBe(mine);
  });

  test('a shared array is an array to everything that reads, and refuses writers', () => {
    const [a] = pair();
    const rows = a.data('rows', () => [1, 'two', { three: [3] }, null, undefined]) as unknown[];
    const plain = [1, 'two', { three: [3] }, null, null];
    expect(Array.isArray(rows)).toBe(true);
    expect(rows.length).toBe(5);
    expect([...rows]).toEqual(plain);
    expect(rows.map((row) => typeof row)).toEqual(plain.map((row) => typeof row));
    expect([rows.slice(1, 3), rows.at(-2), rows.indexOf('two'), rows.includes('no')]).toEqual([
      ['two', { three: [3] }],
      null,
      1,
      false,
    ]);
    expect(JSON.stringify(rows)).toBe(JSON.stringify(plain));
    expect(Object.keys(rows)).toEqual(['0', '1', '2', '3', '4']);
    expect([
      rows[5],
      rows[-1],
      4 in rows,
      5 in rows,
      (rows as unknown as Record<string, unknown>)['01'],
    ]).toEqual([undefined, undefined, true, false, undefined]);
    expect(structuredClone([...rows])).toEqual(plain);
    const row = rows[2] as { three: number[] };
    expect(Object.isFrozen(row) && Object.isFrozen(row.three)).toBe(true);
    for (const write of [
      () => rows.push(1),
      () => rows.reverse(),
      () => {
        rows[0] = 9;
      },
      () => {
        rows.length = 0;
      },
      () => Reflect.deleteProperty(rows, '0'),
    ]) {
      expect(write).toThrow(/read-only/);
    }
    expect(rows[0]).toBe(1);
  });

  test.each([
    ['an empty array', []],
    ['an empty text', ''],
    ['a number', 42],
    ['null', null],
    ['an object', { deep: { list: [1, { x: 'ü' }] } }],
    ['an array with empty texts', ['', '', 'a', '']],
  ])('%s comes back as it was', (_, value) => {
    const [a, b] = pair();
    a.data('v', () => value);
    const read = b.data('v', () => 'not built');
    expect(JSON.parse(JSON.stringify(read))).toEqual(value);
  });

  test('an object is parsed once per thread and frozen to its depth', () => {
    const [a] = pair();
    const config = a.data('config', () => ({ deep: { list: [1] } })) as { deep: { list: number[] } };
    expect(a.data('config', () => undefined)).toBe(config);
    expect(() => config.deep.list.push(2)).toThrow(TypeError);
  });

  test('a build that throws leaves the next thread to try', () => {
    const [a, b] = pair();
    const fail = () => {
      throw new Error('no');
    };
    expect(() => a.data('v', fail)).toThrow('no');
    expect(() => a.data('v', fail)).toThrow('no');
    expect(b.data('v', () => [1])).toEqual([1]);
    expect(a.data('v', fail)).toEqual([1]);
  });

  test('data that needs itself is refused instead of waited for; data that needs other data is built', () => {
    const [a] = pair();
    expect(() => a.data('v', () => a.data('v', () => 1))).toThrow("'v' needs itself");
    expect(a.data('outer', () => ({ inner: a.data('inner', () => 7) }))).toEqual({ inner: 7 });
  });

  test('a hundred thousand rows take their text once, and nothing more where they are only read', () => {
    const [a, b, storage] = pair();
    const rows = Array.from({ length: 100_000 }, (_, id) => ({ id, email: `user${id}@example.com` }));
    const bytes = JSON.stringify(rows).length;
    a.data('rows', () => rows);
    expect(storage.byteLength).toBeLessThan(2.2 * bytes + 2 ** 17);
    const theirs = b.data('rows', () => []) as typeof rows;
    expect([0, 1, 54_321, 99_999].map((n) => theirs[n])).toEqual([0, 1, 54_321, 99_999].map((n) => rows[n]));
  });

  test('memory that cannot grow says so', () => {
    const memory = createSharedMemory(new SharedArrayBuffer(4096));
    expect(() => memory.data('v', () => 'x'.repeat(10_000))).toThrow(/more than the 0 MiB|may share/);
    expect(memory.addAndGetPrevious('still works', 1)).toBe(0);
  });
});

test('threads that ask at the same time: each number goes to one, data is built by one', async () => {
  const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
        import { parentPort, workerData } from 'node:worker_threads';
        import { createSharedMemory } from './memory.ts';
        const memory = createSharedMemory(workerData.storage);
        const taken = [];
        const built = [];
        for (let round = 0; round < 50; round++) {
          const rows = memory.data('rows ' + round, () => { built.push(round); return [workerData.worker, round]; });
          taken.push([rows[0], rows[1]]);
        }
        const numbers = [];
        for (let n = 0; n < 20000; n++) numbers.push(memory.addAndGetPrevious('n', 1));
        parentPort.postMessage({ built, taken, numbers });`,
      resolveDir: file('../../../workers/shared'),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  const code = outputFiles[0]?.text as string;
  const storage = createSharedStorage();
  interface Seen {
    readonly built: number[];
    readonly taken: (readonly [number, number])[];
    readonly numbers: number[];
  }
  const seen = await Promise.all(
    Array.from(
      { length: 4 },
      (_, worker) =>
        new Promise<Seen>((resolve, reject) => {
          const thread = new Worker(code, { eval: true, workerData: { storage, worker } });
          thread.once('message', resolve);
          thread.once('error', reject);
        }),
    ),
  );
  const numbers = seen.flatMap((one) => one.numbers).sort((a, b) => a - b);
  expect(numbers.length).toBe(80_000);
  expect(numbers.every((value, n) => value === n)).toBe(true);
  expect(seen.flatMap((one) => one.built).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, n) => n),
  );
  for (const one of seen) expect(one.taken).toEqual(seen[0]?.taken);
});
