/** Fields of each executor: k6's defaults, and a sentence for everything that is wrong. */

import { expect, test } from 'vitest';
import { messagesOf, resolve } from './helpers.ts';

async function one(scenario: unknown) {
  return (await resolve({ scenarios: { s: scenario } })).options.scenarios[0];
}

function wrong(scenario: unknown, exportedFunctions = ['default']) {
  return messagesOf({ scenarios: { s: scenario } }, { exportedFunctions });
}

const rate = { executor: 'constant-arrival-rate', rate: 10, duration: '1s', preAllocatedVUs: 5 };

test.each([
  [{ executor: 'shared-iterations' }, { vus: 1, iterations: 1, maxDurationMs: 600_000 }],
  [
    { executor: 'per-vu-iterations', vus: 3 },
    { vus: 3, iterations: 1, maxDurationMs: 600_000 },
  ],
  [
    { executor: 'constant-vus', duration: '1s' },
    { vus: 1, durationMs: 1000 },
  ],
  [
    { executor: 'ramping-vus', stages: [{ duration: '1s', target: 2 }] },
    { startVUs: 1, gracefulRampDownMs: 30_000, stages: [{ durationMs: 1000, target: 2 }] },
  ],
  [
    rate,
    {
      rate: 10,
      timeUnitMs: 1000,
      durationMs: 1000,
      preAllocatedVUs: 5,
      maxVUs: 5,
      arrivals: 'uniform',
      whenBusy: 'drop',
    },
  ],
  [
    { ...rate, rate: 0.2, timeUnit: '1m', maxVUs: 9 },
    { rate: 0.2, timeUnitMs: 60_000, maxVUs: 9 },
  ],
  [
    { executor: 'ramping-arrival-rate', preAllocatedVUs: 2, stages: [{ duration: '1s', target: 0.5 }] },
    {
      startRate: 0,
      timeUnitMs: 1000,
      preAllocatedVUs: 2,
      maxVUs: 2,
      stages: [{ durationMs: 1000, target: 0.5 }],
    },
  ],
  [
    { executor: 'burst', size: 500, every: '10s', count: 3 },
    { size: 500, everyMs: 10_000, count: 3, preAllocatedVUs: 0, maxVUs: 500, whenBusy: 'drop' },
  ],
  [
    { executor: 'burst', size: 5, every: '10s', count: 3, preAllocatedVUs: 8 },
    { preAllocatedVUs: 8, maxVUs: 8 },
  ],
])('defaults of %j', async (scenario, expected) => {
  const base = { name: 's', exec: 'default', startTimeMs: 0, gracefulStopMs: 30_000, env: {}, tags: {} };
  expect(await one(scenario)).toMatchObject({ ...base, executor: scenario.executor, ...expected });
});

test('fields that all executors share', async () => {
  const resolved = await one({
    executor: 'shared-iterations',
    startTime: '1m30s',
    gracefulStop: '0s',
    env: { A: 'b' },
    tags: { team: 'shop' },
  });
  expect(resolved).toMatchObject({
    startTimeMs: 90_000,
    gracefulStopMs: 0,
    env: { A: 'b' },
    tags: { team: 'shop' },
  });
});

test.each([
  [
    { executor: 'shared-iterations', vus: 0 },
    ['`scenarios.s.vus` is 0: it must be a whole number of at least 1.'],
  ],
  [
    { executor: 'shared-iterations', vus: 1.5 },
    ['`scenarios.s.vus` is 1.5: it must be a whole number of at least 1.'],
  ],
  [
    { executor: 'shared-iterations', vus: Number.NaN },
    ['`scenarios.s.vus` is NaN: it must be a whole number of at least 1.'],
  ],
  [
    { executor: 'shared-iterations', vus: null },
    ['`scenarios.s.vus` is null: it must be a whole number of at least 1.'],
  ],
  [
    { executor: 'shared-iterations', vus: '10' },
    [
      "`scenarios.s.vus` is '10' (a text): it must be a whole number of at least 1. Write the number without quotes: 10",
    ],
  ],
  [
    { executor: 'per-vu-iterations', vus: 2_000_000 },
    ['`scenarios.s.vus` is 2000000: it must be a whole number from 1 to 1000000.'],
  ],
  [
    { executor: 'shared-iterations', vus: 10, iterations: 5 },
    [
      '`scenarios.s.iterations` is 5, fewer than the 10 VUs of `scenarios.s.vus`: some VUs would have nothing to do. Set at least 10 iterations or at most 5 VUs; --once runs a single iteration.',
    ],
  ],
  [
    { executor: 'constant-vus' },
    ["`scenarios.s` lacks `duration`: say how long it runs, such as duration: '30s'."],
  ],
  [
    { executor: 'constant-vus', duration: '1 min' },
    [
      "`scenarios.s.duration` is '1 min': it must be a duration such as '30s', '1m30s' or '200ms' (a plain number is milliseconds). Did you mean '1m'?",
    ],
  ],
  [
    { executor: 'constant-vus', duration: 0 },
    [expect.stringContaining('is 0: it must be a duration above 0')],
  ],
  [
    { executor: 'constant-vus', duration: -5 },
    [expect.stringContaining('is -5: it must be a finite duration of at least 0')],
  ],
  [
    { executor: 'constant-vus', duration: Number.POSITIVE_INFINITY },
    [expect.stringContaining('is Infinity: it must be a finite duration')],
  ],
  [
    { executor: 'constant-vus', duration: '1s', startTime: '-1s' },
    [expect.stringContaining("`scenarios.s.startTime` is '-1s'")],
  ],
  [
    { executor: 'ramping-vus', stages: [] },
    ['`scenarios.s.stages` is empty: it must have at least one step.'],
  ],
  [
    { executor: 'ramping-vus', stages: { duration: '1s' } },
    [expect.stringContaining('is an object: it must be an array of steps')],
  ],
  [
    { executor: 'ramping-vus', stages: [{ duration: '1s', tarket: 3 }] },
    ['`scenarios.s.stages[0].tarket` is not a field of a stage. Did you mean `target`?'],
  ],
  [
    { executor: 'ramping-vus', stages: [{ duration: '1s', target: 1.5 }, 7] },
    [
      '`scenarios.s.stages[0].target` is 1.5: it must be a whole number of at least 0.',
      "`scenarios.s.stages[1]` is 7: it must be a step, such as { duration: '30s', target: 50 }.",
    ],
  ],
  [
    { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '1s', target: 0 }] },
    ['`scenarios.s.stages` never leaves 0 VUs: give a stage a target of at least 1.'],
  ],
  [
    { executor: 'ramping-vus', stages: [{ duration: 0, target: 5 }] },
    ['`scenarios.s.stages` lasts 0s in all: give a step a duration above 0.'],
  ],
  [
    { executor: 'ramping-arrival-rate', preAllocatedVUs: 1, stages: [{ duration: '1s', target: 0 }] },
    ['`scenarios.s.stages` never leaves a rate of 0: give a stage a target above 0.'],
  ],
  [{ ...rate, rate: 0 }, ['`scenarios.s.rate` is 0: it must be a number above 0.']],
  [{ ...rate, rate: -1 }, ['`scenarios.s.rate` is -1: it must be a number above 0.']],
  [{ ...rate, timeUnit: '0s' }, [expect.stringContaining('it must be a duration above 0')]],
  [
    { ...rate, preAllocatedVUs: undefined },
    ['`scenarios.s` lacks `preAllocatedVUs`: say how many VUs are made before the start.'],
  ],
  [
    { ...rate, maxVUs: 3 },
    [
      '`scenarios.s.maxVUs` is 3, below `scenarios.s.preAllocatedVUs`, which is 5: it must be at least as high.',
    ],
  ],
  [
    { ...rate, preAllocatedVUs: 0 },
    ['`scenarios.s.maxVUs` is 0: no iteration could run; it must be at least 1.'],
  ],
  [
    { ...rate, arrivals: 'possion' },
    ["`scenarios.s.arrivals` is 'possion': it must be 'uniform' or 'poisson'. Did you mean 'poisson'?"],
  ],
  [{ ...rate, whenBusy: 'wait' }, ["`scenarios.s.whenBusy` is 'wait': it must be 'drop' or 'queue'."]],
  [
    { ...rate, rate: 100_000, duration: '24h' },
    ['`scenarios.s.rate` asks for 8640000000 iterations in all: one run counts up to 2147483647.'],
  ],
  [
    { executor: 'burst', size: 5, every: '1s' },
    ['`scenarios.s` lacks `count`: say how many bursts there are, such as count: 3.'],
  ],
  [
    { executor: 'burst', size: 5, every: '1s', count: 1, arrivals: 'poisson' },
    [expect.stringContaining("does not go with executor 'burst'")],
  ],
  [
    { executor: 'shared-iterations', tags: { build: 142 }, env: ['A'] },
    [
      "`scenarios.s.env` is an array: it must be an object of texts, such as { team: 'shop' }.",
      "`scenarios.s.tags.build` is 142: it must be a text. Put it in quotes: '142'",
    ],
  ],
  [
    7,
    [
      "`scenarios.s` is 7: it must be a scenario, such as { executor: 'constant-vus', vus: 10, duration: '30s' }.",
    ],
  ],
])('%j is refused', async (scenario, expected) => {
  expect(await wrong(scenario)).toEqual(expected);
});

test('an unknown executor is told with the nearest, or with what k6 users need to know', async () => {
  const list =
    "it must be 'shared-iterations', 'per-vu-iterations', 'constant-vus', 'ramping-vus', 'constant-arrival-rate', 'ramping-arrival-rate', 'burst' or 'capacity'.";
  expect(await wrong({ executor: 'constant-vu' })).toEqual([
    `\`scenarios.s.executor\` is 'constant-vu': ${list} Did you mean 'constant-vus'?`,
  ]);
  expect(await wrong({ executor: 'externally-controlled' })).toEqual([
    `\`scenarios.s.executor\` is 'externally-controlled': ${list} k6 has it; in Brunt the schedule is fixed before the start.`,
  ]);
  expect(await wrong({ rate: 5, duration: '1s', preAllocatedVUs: 3 })).toEqual([
    `\`scenarios.s\` lacks \`executor\`: ${list} Its fields look like executor: 'constant-arrival-rate'.`,
  ]);
});

test('a misspelled field is not missing as well', async () => {
  expect(await wrong({ executor: 'constant-vus', duratoin: '1s' })).toEqual([
    '`scenarios.s.duratoin` is not a field of a scenario. Did you mean `duration`?',
  ]);
  expect(await wrong({ executor: 'constant-vus', maxDuration: '1s' })).toHaveLength(2);
  expect(await wrong({ executor: 'ramping-vus', stages: [{ target: 1 }] })).toEqual([
    "`scenarios.s.stages[0]` lacks `duration`: how long the step takes, such as '30s'.",
  ]);
});

test('keys of other executors, of other places and of nowhere', async () => {
  const scenario = { executor: 'constant-vus', duration: '1s' };
  expect(await wrong({ ...scenario, rate: 5 })).toEqual([
    "`scenarios.s.rate` does not go with executor 'constant-vus': `rate` belongs to 'constant-arrival-rate'. 'constant-vus' has `vus`, `duration`.",
  ]);
  expect(await wrong({ ...scenario, thresholds: {} })).toEqual([
    '`scenarios.s.thresholds` is in the wrong place: `thresholds` belongs to the top level of `options`.',
  ]);
  expect(await wrong({ ...scenario, starTime: '1s' })).toEqual([
    '`scenarios.s.starTime` is not a field of a scenario. Did you mean `startTime`?',
  ]);
  expect(await wrong({ ...scenario, options: { browser: {} } })).toEqual([
    '`scenarios.s.options` is not supported. k6 has it for browser scenarios, which are planned, but not in this version of Brunt.',
  ]);
  expect(await wrong({ ...scenario, wibble: 1 })).toEqual([
    "`scenarios.s.wibble` is not a field of a scenario. 'constant-vus' has `vus`, `duration`.",
  ]);
});

test('a function that the script does not export', async () => {
  const scenario = { executor: 'constant-vus', duration: '1s' };
  expect(await wrong({ ...scenario, exec: 'brows' }, ['browse', 'buy', 'setup'])).toEqual([
    "`scenarios.s.exec` is 'brows', but the script does not export that function: it exports `browse`, `buy`. Did you mean 'browse'?",
  ]);
  expect(await wrong({ ...scenario, exec: 'x' }, [])).toEqual([
    "`scenarios.s.exec` is 'x', but the script does not export that function: it exports no function. Write `export async function x() { … }` in the script.",
  ]);
  expect(await wrong(scenario, ['browse'])).toEqual([
    "The script has no default function: it exports `browse`. `scenarios.s` runs it, as it names no other in `exec`. Write `export default async function () { … }`, or name a function in a scenario: exec: 'browse'.",
  ]);
  expect(await wrong({ ...scenario, exec: 'browse' }, ['browse'])).toEqual([]);
  expect(await messagesOf({ vus: 1, duration: '1s' }, { exportedFunctions: ['setup'] })).toEqual([
    'The script has no default function: it exports no function. Write `export default async function () { … }` in the script.',
  ]);
});

test('a flag that replaces scenarios says so when there is no default function to run', async () => {
  const given = { exportedFunctions: ['buy'], argv: ['-d', '5s'] };
  const scenario = { executor: 'constant-vus', duration: '1s', exec: 'buy' };
  expect(await messagesOf({ scenarios: { s: scenario } }, given)).toEqual([
    "--duration replaces the script's scenarios by its default function, and it has none: it exports `buy`. Use --scenario NAME to run some of the scenarios as they are, or --once for a single iteration.",
  ]);
});

test('names and shapes of `scenarios`', async () => {
  const good = { executor: 'shared-iterations' };
  expect(await messagesOf({ scenarios: {} })).toEqual([
    '`scenarios` is empty: name at least one scenario or leave it out.',
  ]);
  expect(await messagesOf({ scenarios: [good] })).toEqual([
    '`scenarios` is an array: it must be an object of scenarios by name.',
  ]);
  expect(await messagesOf({ scenarios: { 'buy now': good } })).toEqual([
    "The scenario name 'buy now' cannot be used: it must be made of letters, digits, `_` and `-`.",
  ]);
});
