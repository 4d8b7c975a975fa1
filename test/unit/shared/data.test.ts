import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createData, type Data } from '../../../dsl/data.ts';
import { DataError, FeedEnd } from '../../../dsl/data-errors.ts';
import { InterruptedError } from '../../../dsl/errors.ts';
import type { VuHost } from '../../../dsl/host.ts';
import { createSharedStorage } from '../../../workers/control.ts';
import { createSharedMemory } from '../../../workers/shared/memory.ts';
import { Random } from '../../../workers/vu/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'brunt-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

interface Vu {
  readonly data: Data;
  readonly ended: string[];
  /** Ends the VU's module code. */
  initialized(): void;
}

/** VUs of one run; each thread has its own view of the memory. */
function run(): (seed?: number) => Vu {
  const storage = createSharedStorage();
  return (seed = 1) => {
    const random = new Random(seed);
    const ended: string[] = [];
    let initializing = true;
    const host = {
      shared: createSharedMemory(storage),
      scriptDir: folder,
      get initializing() {
        return initializing;
      },
      random: () => random.next(),
      endRun: (kind: string, reason: string) => ended.push(`${kind}: ${reason}`),
    } as unknown as VuHost;
    return {
      data: createData(host),
      ended,
      initialized: () => {
        initializing = false;
      },
    };
  };
}

const vu = (): Data => run()().data;

describe('csv', () => {
  test('the first record names the columns', () => {
    const name = file('users.csv', 'name,age\nAda,36\n"Grace, née Murray",85\n\n');
    expect(vu().csv(name)).toEqual([
      { name: 'Ada', age: '36' },
      { name: 'Grace, née Murray', age: '85' },
    ]);
  });

  test('without a header rows are arrays; names may be given; other delimiters, comments, byte order marks', () => {
    const name = file('plain.csv', '\uFEFF# people\na; 1\r\nb; 2\r\n');
    const { csv } = vu();
    const options = { delimiter: ';', comment: '#' };
    expect(csv(name, { ...options, header: false })).toEqual([
      ['a', ' 1'],
      ['b', ' 2'],
    ]);
    expect(csv(name, { ...options, header: ['k', 'v'], trim: true })).toEqual([
      { k: 'a', v: '1' },
      { k: 'b', v: '2' },
    ]);
  });

  test('a bad line is named', () => {
    const name = file('bad.csv', 'a,b\n1,2\n3\n5,6\n');
    expect(() => vu().csv(name)).toThrow(
      /^csv\('bad\.csv'\), line 3: the number of fields is 1, but there are 2 columns$/,
    );
    const open = file('open.csv', 'a,b\n1,"2\n');
    expect(() => vu().csv(open)).toThrow(/^csv\('open\.csv'\), line \d+: quote not closed/i);
  });

  test('a file that is not there: the path that was tried, and where relative paths start', () => {
    const call = () => vu().csv('data/none.csv');
    expect(call).toThrow(DataError);
    expect(call).toThrow(
      `csv('data/none.csv'): no such file: ${join(folder, 'data/none.csv')} (relative paths start at the script's folder, ${folder})`,
    );
    expect(() => vu().csv('.')).toThrow(/this is a folder/);
  });

  test('a misspelt option is refused', () => {
    expect(() => vu().csv('users.csv', { seperator: ';' } as never)).toThrow(
      "unknown option 'seperator'; there are header, delimiter, comment, trim",
    );
  });
});

describe('json', () => {
  test('arrays and objects come back, read-only', () => {
    const { json } = vu();
    const rows = json<{ id: number }[]>(file('rows.json', '[{"id":1},{"id":2}]'));
    expect(rows.map((row) => row.id)).toEqual([1, 2]);
    const config = json<{ a: { b: number } }>(file('config.json', '{"a":{"b":1}}'));
    expect(config).toEqual({ a: { b: 1 } });
    expect(Object.isFrozen(config.a)).toBe(true);
  });

  test('bad JSON is located', () => {
    const name = file('bad.json', '{\n  "a": 1,\n  "b": x\n}');
    expect(() => vu().json(name)).toThrow(
      /^json\('bad\.json'\), line 3, column 8: not valid JSON: Unexpected token 'x'$/,
    );
    expect(() => vu().json(file('short.json', '{\n "a": 1'))).toThrow(
      /^json\('short\.json'\), line 2, column 8: /,
    );
  });
});

describe('shared', () => {
  test('builds once for all VUs', () => {
    const newVu = run();
    let built = 0;
    for (let n = 0; n < 3; n++) expect(newVu().data.shared('list', () => [++built])).toEqual([1]);
    expect(built).toBe(1);
  });

  test("the builder's own error comes through as it is", () => {
    expect(() =>
      vu().shared('x', () => {
        throw new RangeError('mine');
      }),
    ).toThrow(RangeError);
  });

  test.each([
    ['a promise', async () => [1], /returned a promise; module code cannot wait/],
    ['nothing', () => undefined, /returned undefined/],
    ['a function', () => () => 1, /returned function/],
    ['what JSON cannot say', () => [1n], /shared\('x'\): the data cannot be shared: .*BigInt/],
  ])('%s is refused', (_, build, message) => {
    expect(() => vu().shared('x', build as () => unknown)).toThrow(message);
  });

  test('names and functions are checked', () => {
    const { shared } = vu();
    expect(() => shared('', () => 1)).toThrow(DataError);
    expect(() => shared('x', [1] as never)).toThrow(/second argument must be a function/);
  });
});

test('data is read in module code only', () => {
  const one = run()();
  one.initialized();
  const { data } = one;
  for (const call of [
    () => data.shared('x', () => 1),
    () => data.csv('users.csv'),
    () => data.json('rows.json'),
    () => data.feed([1]),
  ]) {
    expect(call).toThrow(/must stand in the script's module code/);
  }
});

describe('feed', () => {
  test('sequential: in order over all VUs, from the first again', () => {
    const newVu = run();
    const feeds = [1, 2, 3]
      .map(() => newVu().data)
      .map((data) => data.feed(data.shared('abc', () => ['a', 'b', 'c'])));
    const given = Array.from({ length: 7 }, (_, n) => feeds[n % 3]?.next());
    expect(given.join('')).toBe('abcabca');
  });

  test('unique: each item once; then the iteration ends', () => {
    const newVu = run();
    const feeds = [1, 2]
      .map(() => newVu().data)
      .map((data) =>
        data.feed(
          data.shared('abc', () => ['a', 'b', 'c']),
          { order: 'unique' },
        ),
      );
    expect([feeds[0]?.next(), feeds[1]?.next(), feeds[0]?.next()]).toEqual(['a', 'b', 'c']);
    expect(() => feeds[1]?.next()).toThrow(FeedEnd);
    expect(() => feeds[0]?.next()).toThrow(InterruptedError);
    expect(() => feeds[0]?.next()).toThrow('has handed out all of its 3 items');
  });

  test("'fail' also fails the run, told once per VU", () => {
    const { data, ended } = run()();
    const feed = data.feed([1], { onEnd: 'fail', name: 'cards' });
    expect(feed.next()).toBe(1);
    expect(() => feed.next()).toThrow(FeedEnd);
    expect(() => feed.next()).toThrow(FeedEnd);
    expect(ended).toEqual(["fail: the feed 'cards' has handed out all of its 1 items"]);
  });

  test("random: by the VU's seed, every item with the same chance", () => {
    const draw = (seed: number): number[] => {
      const { data } = run()(seed);
      const feed = data.feed([0, 1, 2, 3], { order: 'random' });
      return Array.from({ length: 4000 }, () => feed.next());
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
    for (const item of [0, 1, 2, 3]) {
      const share = draw(5).filter((drawn) => drawn === item).length;
      expect(Math.abs(share - 1000)).toBeLessThan(4 * Math.sqrt(750));
    }
  });

  test('two feeds have a position each, feeds of one name share theirs, and so does the same call in every VU', () => {
    const newVu = run();
    const script = ({ data }: Vu) => {
      const list = data.shared('abc', () => ['a', 'b', 'c']);
      const other = data.shared('xyz', () => ['x', 'y', 'z']);
      return [
        data.feed(list),
        data.feed(list),
        data.feed(other),
        data.feed(list, { name: 'n' }),
        data.feed(other, { name: 'n' }),
      ];
    };
    const [one, two] = [script(newVu()), script(newVu())];
    expect([...one, ...two].map((feed) => feed.next()).join('')).toBe('aaxaybbycx');
  });

  test.each([
    [[], {}, /data is empty/],
    ['abc', {}, /must be an array/],
    [undefined, {}, /must be an array/],
    [[1], { order: 'shuffled' }, /order 'shuffled' is none of sequential, random, unique/],
    [[1], { onEnd: 'loop' }, /onEnd 'loop' is none of/],
    [[1], { onend: 'stop' }, /unknown option 'onend'/],
    [[1], { order: 'unique', onEnd: 'recycle' }, /cannot recycle/],
    [[1], { order: 'random', onEnd: 'stop' }, /never ends/],
  ])('feed(%j, %j) is refused', (data, options, message) => {
    expect(() => vu().feed(data as never, options as never)).toThrow(message);
  });
});

test('counters are shared by name over all VUs', () => {
  const newVu = run();
  const [a, b] = [newVu().data, newVu().data];
  expect([a.counter('n').next(), b.counter('n').next(), a.counter('m').next()]).toEqual([0, 1, 0]);
  expect(b.counter('n').add(10)).toBe(12);
  expect(a.counter('n').value).toBe(12);
  expect(a.counter('n').add(-2)).toBe(10);
  expect(() => a.counter('n').add(0.5)).toThrow("counter('n').add(0.5): expected a whole number");
  expect(() => a.counter('')).toThrow(DataError);
});
