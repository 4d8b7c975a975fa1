/** Which scenarios come of the script's options, the variables and the flags. */

import { expect, test } from 'vitest';
import { messagesOf, resolve } from './helpers.ts';

const base = { exec: 'default', startTimeMs: 0, gracefulStopMs: 30_000, env: {}, tags: {} };

async function scenarios(options: unknown, argv?: readonly string[], env: Record<string, string> = {}) {
  return (await resolve(options, { env, ...(argv === undefined ? {} : { argv }) })).options.scenarios;
}

const buy = { executor: 'per-vu-iterations', vus: 2, iterations: 3 };

test('nothing asked for: one VU does one iteration', async () => {
  const one = {
    name: 'default',
    ...base,
    executor: 'shared-iterations',
    vus: 1,
    iterations: 1,
    maxDurationMs: 600_000,
  };
  expect(await scenarios(undefined)).toEqual([one]);
  expect(await scenarios({})).toEqual([one]);
});

test('vus and duration are constant-vus', async () => {
  expect(await scenarios({ vus: 5, duration: '30s' })).toEqual([
    { name: 'default', ...base, executor: 'constant-vus', vus: 5, durationMs: 30_000 },
  ]);
});

test('iterations are shared, with duration as their time limit', async () => {
  expect(await scenarios({ vus: 5, iterations: 20, duration: '1m' })).toEqual([
    {
      name: 'default',
      ...base,
      executor: 'shared-iterations',
      vus: 5,
      iterations: 20,
      maxDurationMs: 60_000,
    },
  ]);
});

test('stages are ramping-vus that start from vus', async () => {
  const stages = [
    { duration: '10s', target: 20 },
    { duration: 500, target: 0 },
  ];
  const resolved = [
    { durationMs: 10_000, target: 20 },
    { durationMs: 500, target: 0 },
  ];
  const rest = { executor: 'ramping-vus', stages: resolved, gracefulRampDownMs: 30_000 };
  expect(await scenarios({ stages })).toEqual([{ name: 'default', ...base, startVUs: 1, ...rest }]);
  expect(await scenarios({ stages, vus: 3 })).toEqual([{ name: 'default', ...base, startVUs: 3, ...rest }]);
});

test('a duration on the command line replaces the scenarios of the script', async () => {
  const options = { scenarios: { buy } };
  expect(await scenarios(options, ['-d', '10s', '-u', '4'])).toEqual([
    { name: 'default', ...base, executor: 'constant-vus', vus: 4, durationMs: 10_000 },
  ]);
  expect((await scenarios(options, ['-i', '7']))[0]).toMatchObject({
    executor: 'shared-iterations',
    iterations: 7,
  });
  expect((await scenarios(options, ['-s', '5s:10', '-s', '1m30s:0']))[0]).toMatchObject({
    executor: 'ramping-vus',
    stages: [
      { durationMs: 5000, target: 10 },
      { durationMs: 90_000, target: 0 },
    ],
  });
});

test('a shortcut of a higher layer discards the other shortcuts below it, but not vus', async () => {
  const options = { vus: 9, stages: [{ duration: '1m', target: 5 }] };
  expect(await scenarios(options, ['-d', '10s'])).toMatchObject([
    { executor: 'constant-vus', vus: 9, durationMs: 10_000 },
  ]);
  const variables = { BRUNT_DURATION: '20s' };
  expect(await scenarios(options, [], variables)).toMatchObject([
    { executor: 'constant-vus', durationMs: 20_000 },
  ]);
  expect(await scenarios(options, ['-i', '30'], variables)).toMatchObject([
    { executor: 'shared-iterations', iterations: 30, maxDurationMs: 600_000 },
  ]);
});

test('stages of a variable are separated by commas', async () => {
  expect(await scenarios({}, [], { BRUNT_STAGES: '5s:10, 10s:0' })).toMatchObject([
    {
      stages: [
        { durationMs: 5000, target: 10 },
        { durationMs: 10_000, target: 0 },
      ],
    },
  ]);
});

test('shortcuts of one layer that say different things are refused', async () => {
  const stages = [{ duration: '1s', target: 1 }];
  expect(await messagesOf({ duration: '1s', stages })).toEqual([
    '`duration` and `stages` cannot be set together: each says on its own what to run. Leave one of the two out.',
  ]);
  expect(await messagesOf({ iterations: 3, scenarios: { buy } })).toEqual([
    '`iterations` and `scenarios` cannot be set together: each says on its own what to run. Move `iterations` into the scenarios, or leave one of the two out.',
  ]);
  expect(await messagesOf({ duration: '1s', scenarios: { buy } })).toHaveLength(1);
  expect(await messagesOf({}, { argv: ['-d', '1s', '-s', '1s:1'] })).toEqual([
    '--duration and --stage cannot be set together: each says on its own what to run. Leave one of the two out.',
  ]);
});

test('vus without anything to go with warn and change nothing', async () => {
  const alone = await resolve({ vus: 5 });
  expect(alone.options.scenarios).toMatchObject([{ executor: 'shared-iterations', vus: 1, iterations: 1 }]);
  expect(alone.warnings.map((w) => w.message)).toEqual([
    '`vus` (5) has no effect: nothing says how long to run, so one iteration runs.',
  ]);
  const beside = await resolve({ scenarios: { buy } }, { argv: ['-u', '5'] });
  expect(beside.options.scenarios).toMatchObject([{ name: 'buy', vus: 2 }]);
  expect(beside.warnings).toMatchObject([{ where: '--vus' }]);
  expect((await resolve({ vus: 1 })).warnings).toEqual([]);
  expect(await messagesOf({ vus: 0 })).toEqual(['`vus` is 0: it must be a whole number of at least 1.']);
});

test('--scenario keeps the chosen ones in the order of the script', async () => {
  const options = { scenarios: { a: buy, b: buy, c: buy } };
  expect((await scenarios(options, ['--scenario', 'c,a'])).map((s) => s.name)).toEqual(['a', 'c']);
  expect((await scenarios(options, ['--scenario', 'c', '--scenario', 'b'])).map((s) => s.name)).toEqual([
    'b',
    'c',
  ]);
  expect((await scenarios(options, [], {})).map((s) => s.name)).toEqual(['a', 'b', 'c']);
});

test('--scenario of a name that the script lacks is refused', async () => {
  const options = { scenarios: { browse: buy, checkout: buy } };
  expect(await messagesOf(options, { argv: ['--scenario', 'chekout,zzz'] })).toEqual([
    "--scenario names 'chekout', but the script has no such scenario. Did you mean `checkout`?",
    "--scenario names 'zzz', but the script has no such scenario. The script has `browse`, `checkout`.",
  ]);
});

test('--once is one iteration of the default scenario, else the first, else those that were chosen', async () => {
  const late = { executor: 'constant-vus', vus: 3, duration: '1m', startTime: '10s', tags: { team: 'shop' } };
  const once = { startTimeMs: 0, executor: 'shared-iterations', vus: 1, iterations: 1 };
  const resolved = await resolve(
    { scenarios: { first: late, second: late }, thresholds: { checks: 'rate>0.9' } },
    { argv: ['--once'] },
  );
  expect(resolved.options.scenarios).toMatchObject([{ name: 'first', tags: { team: 'shop' }, ...once }]);
  expect(resolved.options.scenarios).toHaveLength(1);
  expect(resolved.options.thresholds).toEqual([]);
  expect(resolved.options.workers).toBe(1);
  expect(await scenarios({ scenarios: { first: late, default: late } }, ['--once'])).toMatchObject([
    { name: 'default', ...once },
  ]);
  const chosen = await scenarios({ scenarios: { a: late, b: late, c: late } }, [
    '--once',
    '--scenario',
    'c,b',
  ]);
  expect(chosen.map((s) => s.name)).toEqual(['b', 'c']);
});
