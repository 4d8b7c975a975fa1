/** What of a script runs when, how often, and what it sees. */

import { describe, expect, test } from 'vitest';
import { OURS, printed, runScript, type ScriptResult } from '../helpers/cli.ts';

/** Lines `@{…}` are facts that the script tells the test. */
const SAY = "const say = (fact) => console.log('@' + JSON.stringify(fact));\n";

function passes(run: ScriptResult): ScriptResult {
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  expect(run.output).not.toMatch(OURS);
  return run;
}

interface Fact {
  readonly at: string;
  readonly [key: string]: unknown;
}

const at = (run: ScriptResult, where: string): Fact[] => printed<Fact>(run).filter((f) => f.at === where);

describe('module code', () => {
  test('runs once per VU and once more for options, setup and teardown', async () => {
    const run = passes(
      await runScript(`${SAY}
        say({ at: 'init', vu: __VU });
        export const options = { vus: 5, iterations: 15, workers: 2 };
        export default function () {}
      `),
    );
    expect(
      at(run, 'init')
        .map((f) => f.vu as number)
        .sort((a, b) => a - b),
    ).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('is private to the VU, and its state survives iterations', async () => {
    const run = passes(
      await runScript(
        `${SAY}
        import { next } from './counter';
        let own = 0;
        export const options = { workers: 2, scenarios: { s: { executor: 'per-vu-iterations', vus: 3, iterations: 4 } } };
        export default function () { own += 1; say({ at: 'iter', vu: __VU, iter: __ITER, own, imported: next() }); }
        `,
        [],
        { files: { 'counter.ts': 'let n = 0;\nexport const next = (): number => ++n;\n' } },
      ),
    );
    const facts = at(run, 'iter');
    expect(facts).toHaveLength(12);
    for (const f of facts)
      expect({ own: f.own, imported: f.imported }).toEqual({
        own: Number(f.iter) + 1,
        imported: Number(f.iter) + 1,
      });
    expect([1, 2, 3].map((vu) => facts.filter((f) => f.vu === vu).length)).toEqual([4, 4, 4]);
  });

  test('of a package is loaded once per thread', async () => {
    const run = passes(
      await runScript(
        `${SAY}
        import { hits } from 'tally';
        export const options = { vus: 4, iterations: 4, workers: 1, scenarios: undefined };
        export default function () { say({ at: 'iter', hits: hits() }); }
        `,
        [],
        {
          files: {
            'node_modules/tally/package.json':
              '{"name":"tally","version":"1.0.0","type":"module","exports":"./index.js"}',
            'node_modules/tally/index.js': 'let n = 0;\nexport const hits = () => ++n;\n',
          },
        },
      ),
    );
    expect(
      at(run, 'iter')
        .map((f) => f.hits as number)
        .sort((a, b) => a - b),
    ).toEqual([1, 2, 3, 4]);
  });
});

describe('setup and teardown', () => {
  test('each VU, and teardown, get a copy of their own', async () => {
    const run = passes(
      await runScript(`${SAY}
        export const options = { workers: 2, scenarios: { s: { executor: 'per-vu-iterations', vus: 3, iterations: 2 } } };
        export async function setup() { say({ at: 'setup', vu: __VU }); return { list: [1], when: new Date(0), map: new Map([['a', 1]]) }; }
        export default function (data) {
          data.list.push(__VU);
          say({ at: 'iter', vu: __VU, list: data.list, date: data.when instanceof Date, map: data.map.get('a') });
        }
        export function teardown(data) { say({ at: 'teardown', vu: __VU, list: data.list }); }
      `),
    );
    expect(at(run, 'setup')).toEqual([{ at: 'setup', vu: 0 }]);
    expect(at(run, 'teardown')).toEqual([{ at: 'teardown', vu: 0, list: [1] }]);
    for (const vu of [1, 2, 3]) {
      expect(at(run, 'iter').filter((f) => f.vu === vu)).toEqual([
        { at: 'iter', vu, list: [1, vu], date: true, map: 1 },
        { at: 'iter', vu, list: [1, vu, vu], date: true, map: 1 },
      ]);
    }
  });

  test('without setup, data is undefined', async () => {
    const run = passes(
      await runScript(`${SAY}
        export default function (data) { say({ at: 'iter', data: typeof data }); }
        export function teardown(data) { say({ at: 'teardown', data: typeof data }); }
      `),
    );
    expect(printed(run)).toEqual([
      { at: 'iter', data: 'undefined' },
      { at: 'teardown', data: 'undefined' },
    ]);
  });

  test('what they measure carries their group, and stays out of the main metrics and thresholds', async () => {
    const run = passes(
      await runScript(`
        import { check, Counter } from 'brunt';
        const hits = new Counter('hits');
        export const options = {
          iterations: 3,
          thresholds: { checks: ['rate==1'], 'checks{group:::setup}': ['rate==0'], 'hits{group:::teardown}': ['count==1'] },
        };
        export function setup() { check(0, { ready: () => false }); hits.add(10); }
        export default function () { check(1, { fine: () => true }); hits.add(100); }
        export function teardown() { hits.add(1); }
      `),
    );
    expect(run.metric('checks').values).toMatchObject({ rate: 1, passes: 3, fails: 0 });
    expect(run.value('hits', 'count')).toBe(300);
    expect(run.value('hits{group:::teardown}', 'count')).toBe(1);
  });

  test('--no-setup and --no-teardown leave them out', async () => {
    const script = `${SAY}
      export function setup() { say({ at: 'setup' }); return 1; }
      export default function (data) { say({ at: 'iter', data: data ?? 'none' }); }
      export function teardown() { say({ at: 'teardown' }); }
    `;
    const neither = passes(await runScript(script, ['--no-setup', '--no-teardown']));
    expect(printed(neither)).toEqual([{ at: 'iter', data: 'none' }]);
    const byVariable = passes(await runScript(script, [], { env: { BRUNT_NO_TEARDOWN: '1' } }));
    expect(printed<Fact>(byVariable).map((f) => f.at)).toEqual(['setup', 'iter']);
  });
});

describe('handleSummary', () => {
  test('gets the result and writes stdout, stderr and files in its place', async () => {
    const run = passes(
      await runScript(`
        export const options = { iterations: 6 };
        export default function () {}
        export function handleSummary(summary) {
          return {
            stdout: 'iterations: ' + summary.metrics.iterations.values.count + '\\n',
            stderr: 'verdict: ' + summary.run.verdict + '\\n',
            'out/result.json': JSON.stringify(summary),
            'bytes.bin': new Uint8Array([104, 105]),
          };
        }
      `),
    );
    expect(run.stdout).toBe('iterations: 6\n');
    expect(run.stderr).toContain('verdict: passed\n');
    expect(run.read('bytes.bin')).toBe('hi');
    expect(JSON.parse(run.read('out/result.json'))).toEqual(run.summary);
  });

  test('may be async, and may write nothing', async () => {
    const run = passes(
      await runScript(
        `export default function () {}\nexport async function handleSummary() { await 1; return {}; }\n`,
      ),
    );
    expect(run.stdout).toContain('PASSED');
  });

  test('that throws leaves the summary, and its error is told', async () => {
    const run = await runScript(`
      export default function () {}
      export function handleSummary() { throw new Error('template missing'); }
    `);
    expect(run.stdout).toContain('1 complete');
    expect(run.stderr).toContain('template missing');
    expect(run.stderr).toContain('script.ts:3:');
    expect(run.output).not.toMatch(OURS);
    expect(run.summary.run.exitCode).toBe(run.code);
  });

  test('contents that cannot be written are told, and the rest is written', async () => {
    const run = await runScript(`
      export default function () {}
      export function handleSummary() {
        const loop = {};
        loop.self = loop;
        return { 'loop.json': loop, 'script.ts/x.txt': 'no folder', 'data.json': { a: [1] } };
      }
    `);
    expect(run.stderr).toMatch(/loop\.json was not written/);
    expect(run.stderr).toMatch(/script\.ts\/x\.txt was not written/);
    expect(JSON.parse(run.read('data.json'))).toEqual({ a: [1] });
    expect(run.stdout).toContain('1 complete');
    // What was asked for is not whole.
    expect(run.code).toBe(104);
    expect(run.summary.run.exitCode).toBe(0);
    expect(run.output).not.toMatch(OURS);
  });

  test('that returns nonsense is told so', async () => {
    const run = await runScript(
      `export default function () {}\nexport function handleSummary() { return 42; }\n`,
    );
    expect(run.stderr).toMatch(/handleSummary\(\).*object/);
    expect(run.stdout).toContain('1 complete');
  });
});

describe('context', () => {
  test('env, tags, exec and names of scenarios', async () => {
    const run = passes(
      await runScript(
        `${SAY}
        import { Counter, env, vu } from 'brunt';
        const n = new Counter('n');
        export const options = {
          tags: { build: '7' },
          thresholds: {
            'n{flow:browse}': ['count==2'], 'n{flow:buy}': ['count==30'], 'n{build:7}': ['count==32'], 'n{scenario:b}': ['count==30'],
          },
          scenarios: {
            a: { executor: 'per-vu-iterations', iterations: 2, exec: 'browse', env: { ROLE: 'guest' }, tags: { flow: 'browse' } },
            b: { executor: 'per-vu-iterations', iterations: 3, exec: 'buy', env: { ROLE: 'buyer' }, tags: { flow: 'buy' } },
          },
        };
        export function browse() { n.add(1); say({ at: 'browse', role: __ENV.ROLE, same: env.ROLE === __ENV.ROLE, base: __ENV.BASE, scenario: vu.scenario }); }
        export function buy() { n.add(10); say({ at: 'buy', role: __ENV.ROLE, base: __ENV.BASE, scenario: vu.scenario }); }
        `,
        ['-e', 'BASE=http://x', '--tag', 'extra=1'],
      ),
    );
    expect(at(run, 'browse')[0]).toEqual({
      at: 'browse',
      role: 'guest',
      same: true,
      base: 'http://x',
      scenario: 'a',
    });
    expect(at(run, 'buy')[0]).toEqual({ at: 'buy', role: 'buyer', base: 'http://x', scenario: 'b' });
    expect(at(run, 'buy')).toHaveLength(3);
    expect(run.summary.options.tags).toEqual({ build: '7', extra: '1' });
    expect(run.summary.scenarios).toMatchObject({ a: { iterations: 2 }, b: { iterations: 3 } });
  });

  test('numbers of VUs and iterations: unique over workers, without gaps', async () => {
    const run = passes(
      await runScript(`${SAY}
        import { vu, test, sleep } from 'brunt';
        export const options = { vus: 4, iterations: 40, workers: 2 };
        say({ at: 'init', elapsed: test.elapsed() });
        export default async function () {
          say({ at: 'iter', vu: vu.id, global: __VU, iter: vu.iteration, globalIter: __ITER, inScenario: vu.iterationInScenario, elapsed: test.elapsed(), vus: test.options.scenarios[0].vus });
          await sleep('5ms');
        }
      `),
    );
    const facts = at(run, 'iter');
    expect(facts.map((f) => f.inScenario as number).sort((a, b) => a - b)).toEqual([...Array(40).keys()]);
    for (const f of facts) {
      expect(f.vu).toBe(f.global);
      expect(f.iter).toBe(f.globalIter);
      expect(f.vus).toBe(4);
      expect(f.elapsed).toBeGreaterThanOrEqual(0);
    }
    for (const vu of [1, 2, 3, 4]) {
      const own = facts.filter((f) => f.vu === vu).map((f) => f.iter as number);
      expect(own).toEqual([...own.keys()]);
    }
    expect(at(run, 'init').every((f) => f.elapsed === 0)).toBe(true);
  });

  test('tags that a VU sets stay until it removes them', async () => {
    const run = passes(
      await runScript(`
        import { Counter, vu } from 'brunt';
        const n = new Counter('n');
        export const options = { iterations: 4, thresholds: { 'n{region:eu}': ['count==2'], n: ['count==4'] } };
        export default function () {
          if (__ITER === 1) vu.tags.region = 'eu';
          if (__ITER === 3) delete vu.tags.region;
          n.add(1);
        }
      `),
    );
    expect(run.value('n{region:eu}', 'count')).toBe(2);
  });

  test('the same seed gives the same random numbers, another seed others', async () => {
    const script = `${SAY}
      export const options = { workers: 2, scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
      export default function () { say({ at: 'iter', key: __VU + '/' + __ITER, r: Math.random() }); }
    `;
    const numbers = (run: ScriptResult): unknown[] =>
      at(passes(run), 'iter').sort((a, b) => String(a.key).localeCompare(String(b.key)));
    const first = numbers(await runScript(script, ['--seed', '42']));
    expect(new Set(first.map((f) => (f as Fact).r)).size).toBe(4);
    expect(numbers(await runScript(script, ['--seed', '42']))).toEqual(first);
    expect(numbers(await runScript(script, ['--seed', '43']))).not.toEqual(first);
  });
});

describe('groups', () => {
  test('nest, keep apart when they overlap, and give their result', async () => {
    const run = passes(
      await runScript(`
        import { check, group, sleep } from 'brunt';
        export const options = { iterations: 1 };
        export default async function () {
          const sum = await Promise.all([
            group('a', async () => {
              await sleep('40ms'); check(1, { 'in a': () => true });
              await group('inner', async () => { await sleep('20ms'); check(1, { deep: () => true }); });
              check(1, { 'still in a': () => true });
              return 1;
            }),
            group('b', async () => { await sleep('50ms'); check(1, { 'in b': () => true }); return 2; }),
          ]);
          check(sum, { 'outside': ([x, y]) => x + y === 3 });
        }
      `),
    );
    const places = run.summary.checks.map(({ group, name, passes: p }) => `${group} ${name} ${p}`);
    expect(places.sort()).toEqual(
      [' outside 1', '::a in a 1', '::a still in a 1', '::a::inner deep 1', '::b in b 1'].sort(),
    );
    expect(run.value('group_duration', 'count')).toBe(3);
    expect(run.value('group_duration', 'max')).toBeGreaterThanOrEqual(55);
  });

  test('an error passes through a group, whose tag ends with it', async () => {
    const run = passes(
      await runScript(`
        import { check, group } from 'brunt';
        export default async function () {
          try { await group('a', async () => { throw new Error('x'); }); } catch (e) { check(e, { 'after': (e) => e.message === 'x' }); }
        }
      `),
    );
    expect(run.summary.checks).toEqual([{ name: 'after', group: '', passes: 1, fails: 0 }]);
  });
});

describe('checks', () => {
  test('sync, async, of a promise, throwing', async () => {
    const run = passes(
      await runScript(`${SAY}
        import { check } from 'brunt';
        export const options = { iterations: 2, thresholds: { 'checks{check:async good}': ['rate==1'] } };
        export default async function () {
          say({ at: 'sync', all: check(2, { good: (x) => x === 2, bad: (x) => x === 3 }) });
          say({ at: 'async', all: await check(2, { 'async good': async (x) => x === 2 }) });
          say({ at: 'promise', all: await check(Promise.resolve({ status: 200 }), { ok: (r) => r.status === 200 }) });
          say({ at: 'throws', all: check(null, { 'reads null': (r) => r.status === 200 }) });
          say({ at: 'rejects', all: await check(1, { rejects: async () => { throw new Error('late'); } }) });
        }
      `),
    );
    const outcome = Object.fromEntries(printed<Fact>(run).map((f) => [f.at, f.all]));
    expect(outcome).toEqual({ sync: false, async: true, promise: true, throws: false, rejects: false });
    const fails = Object.fromEntries(run.summary.checks.map((c) => [c.name, [c.passes, c.fails]]));
    expect(fails).toEqual({
      good: [2, 0],
      bad: [0, 2],
      'async good': [2, 0],
      ok: [2, 0],
      'reads null': [0, 2],
      rejects: [0, 2],
    });
    expect(run.stdout).toMatch(/✗ bad\s+2 of 2 failed/);
    expect(run.stdout).toContain("check 'reads null'");
    expect(run.summary.run.reasons).toEqual([]);
  });
});

describe('custom metrics', () => {
  test('of every type, with tags and sub-metrics, merged over workers', async () => {
    const run = passes(
      await runScript(`
        import { Counter, Gauge, Rate, Trend } from 'brunt';
        const bytes = new Counter('upload_bytes');
        const queue = new Gauge('queue_length');
        const ok = new Rate('cart_ok');
        const wait = new Trend('cart_wait', true);
        const size = new Trend('cart_size');
        export const options = {
          workers: 2,
          scenarios: { s: { executor: 'per-vu-iterations', vus: 4, iterations: 25 } },
          thresholds: {
            upload_bytes: ['count==1000'], cart_ok: ['rate==0.75'], cart_wait: ['p(95)<=95.1', 'max==100'], queue_length: ['value>0'],
            'cart_wait{kind:slow}': ['min==51'],
          },
        };
        export default function () {
          const n = (__VU - 1) * 25 + __ITER + 1;         // 1..100, each once
          bytes.add(10); queue.add(n); ok.add(n % 4 !== 0); size.add(n / 1000);
          wait.add(n, { kind: n > 50 ? 'slow' : 'fast' });
        }
      `),
    );
    expect(run.metric('upload_bytes').values.count).toBe(1000);
    expect(run.metric('cart_ok').values).toMatchObject({ rate: 0.75, passes: 75, fails: 25 });
    expect(run.metric('queue_length').values).toMatchObject({ min: 1, max: 100 });
    expect(run.metric('cart_wait')).toMatchObject({ type: 'trend', unit: 'ms' });
    const wait = run.metric('cart_wait').values;
    expect(wait).toMatchObject({ count: 100, min: 1, max: 100, avg: 50.5 });
    expect(wait['p(95)']).toBeCloseTo(95, 0);
    expect(wait['p(50)']).toBeCloseTo(50, 0);
    expect(run.metric('cart_size').values.avg).toBeCloseTo(0.0505, 5);
    expect(run.value('cart_wait{kind:slow}', 'count')).toBe(50);
  });

  test('cannot be made in an iteration, nor with a name of ours', async () => {
    const late = await runScript(`
      import { Counter } from 'brunt';
      export default function () { new Counter('late').add(1); }
    `);
    expect(late.code).toBe(99);
    expect(late.stderr).toContain('late');
    const taken = await runScript(
      `import { Trend } from 'brunt';\nnew Trend('http_reqs');\nexport default function () {}\n`,
    );
    expect(taken.code).toBe(107);
    expect(taken.stderr).toContain('http_reqs');
    expect(taken.stderr).toContain('script.ts:2:');
  });
});

describe('iterations that throw', () => {
  test('end the iteration only; each distinct error is logged once, with a count', async () => {
    const run = await runScript(`
      import { fail, sleep } from 'brunt';
      export const options = { vus: 2, iterations: 30, workers: 2 };
      export default async function () {
        await sleep('1ms');
        if (__ITER % 3 === 1) throw new RangeError('bad range');
        if (__ITER % 3 === 2) fail('no token');
      }
    `);
    expect(run.code).toBe(99);
    const { iterations, failed } = run.summary.scenarios.default!;
    expect(iterations + failed).toBe(30);
    expect(run.value('iteration_errors', 'count')).toBe(failed);
    expect(run.value('iterations', 'count')).toBe(iterations);
    expect(run.value('iteration_duration', 'count')).toBe(iterations);
    expect(run.stderr.split('bad range').length - 1).toBe(1);
    expect(run.stderr.split('no token').length - 1).toBe(1);
    expect(run.summary.errors.map((e) => e.count).reduce((a, b) => a + b)).toBe(failed);
    expect(run.stdout).toMatch(/script\.ts:6:/);
    expect(run.output).not.toMatch(OURS);
  });

  test('a threshold of its own decides', async () => {
    const script = (limit: string): string => `
      export const options = { iterations: 10, thresholds: { iteration_errors: ['${limit}'] } };
      export default function () { if (__ITER === 0) throw new Error('once'); }
    `;
    passes(await runScript(script('count<2')));
    expect((await runScript(script('count<1'))).code).toBe(99);
  });

  test('thrown values that are no errors', async () => {
    const run = await runScript(`
      export const options = { iterations: 4 };
      export default function () { throw [undefined, null, 'text', { code: 7 }][__ITER]; }
    `);
    expect(run.code).toBe(99);
    expect(run.value('iteration_errors', 'count')).toBe(4);
    expect(run.output).toContain('text');
    expect(run.output).not.toMatch(OURS);
  });

  test('a promise that nobody awaited and that rejects fails the run, and does not end it', async () => {
    const run = await runScript(`
      import { sleep } from 'brunt';
      export const options = { iterations: 5 };
      export default async function () { if (__ITER === 0) void Promise.reject(new Error('forgotten')); await sleep('20ms'); }
    `);
    expect(run.code).toBe(99);
    expect(run.output).toContain('forgotten');
    expect(run.summary.scenarios.default?.iterations).toBe(5);
  });

  test('an error thrown in a timer does not end the run either', async () => {
    const run = await runScript(`
      import { sleep } from 'brunt';
      export const options = { iterations: 5 };
      export default async function () { if (__ITER === 0) setTimeout(() => { throw new Error('in a timer'); }, 1); await sleep('20ms'); }
    `);
    expect(run.code).toBe(99);
    expect(run.output).toContain('in a timer');
    expect(run.summary.scenarios.default?.iterations).toBe(5);
    expect(run.output).not.toMatch(OURS);
  });
});

test('minIterationDuration sleeps the rest, which is not part of the duration', async () => {
  const run = passes(
    await runScript(`
      export const options = { iterations: 5, minIterationDuration: '100ms' };
      export default function () {}
    `),
  );
  // Four full pauses lie between five iterations.
  expect(run.summary.run.durationMs).toBeGreaterThan(395);
  expect(run.value('iteration_duration', 'max')).toBeLessThan(50);
});

test('sleep takes seconds and durations', async () => {
  const run = passes(
    await runScript(`${SAY}
      import { sleep } from 'brunt';
      const timed = async (fn) => { const t = performance.now(); await fn(); return performance.now() - t; };
      export default async function () {
        say({ at: 'seconds', ms: await timed(() => sleep(0.2)) });
        say({ at: 'duration', ms: await timed(() => sleep('150ms')) });
        let refused = '';
        try { await sleep('soon'); } catch (e) { refused = e.message; }
        say({ at: 'bad', refused });
      }
    `),
  );
  const [seconds, duration, bad] = printed<Fact>(run);
  expect(seconds?.ms).toBeGreaterThanOrEqual(199);
  expect(duration?.ms).toBeGreaterThanOrEqual(149);
  expect(duration?.ms).toBeLessThan(1500);
  expect(bad?.refused).toContain('soon');
});

test('--once: one VU, one iteration, no thresholds, whatever the options say', async () => {
  const run = passes(
    await runScript(
      `${SAY}
      export const options = {
        scenarios: { a: { executor: 'constant-arrival-rate', rate: 100, duration: '1h', preAllocatedVUs: 50 } },
        thresholds: { iterations: ['count>1000'] },
      };
      export default function () { say({ at: 'iter' }); }
      `,
      ['--once'],
    ),
  );
  expect(printed(run)).toHaveLength(1);
});
