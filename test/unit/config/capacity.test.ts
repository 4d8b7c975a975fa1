/** Fields of the capacity executor, and where its thresholds are pointed at. */

import { expect, test } from 'vitest';
import type { ConfigTexts } from '../../../runner/config/resolve.ts';
import { folderWith, messagesOf, problemsOf, resolve } from './helpers.ts';

const LEAST = {
  executor: 'capacity',
  thresholds: { iteration_response_time: ['p(99)<250'] },
  startRate: 50,
  maxRate: 5000,
  preAllocatedVUs: 50,
};

const wrong = (scenario: object) => messagesOf({ scenarios: { limit: scenario } });

test('defaults', async () => {
  const { options, sources } = await resolve({ scenarios: { limit: LEAST } });
  expect(options.scenarios[0]).toMatchObject({
    executor: 'capacity',
    thresholds: [
      {
        metric: 'iteration_response_time',
        threshold: 'p(99)<250',
        abortOnFail: false,
        delayAbortEvalMs: 0,
        noData: 'fail',
      },
    ],
    startRate: 50,
    maxRate: 5000,
    timeUnitMs: 1000,
    probeMs: 10_000,
    warmUpMs: 3000,
    settleMs: 2000,
    precision: 0.05,
    maxDurationMs: 600_000,
    arrivals: 'uniform',
    whenBusy: 'queue',
    preAllocatedVUs: 50,
    maxVUs: 50,
  });
  expect(options.thresholds).toEqual([]);
  expect(sources).toBeDefined();
});

test.each([
  [
    { ...LEAST, thresholds: undefined },
    "`scenarios.limit` lacks `thresholds`: say what must hold, such as thresholds: { iteration_response_time: ['p(99)<250'] }.",
  ],
  [{ ...LEAST, thresholds: {} }, '`scenarios.limit.thresholds` is empty: every rate would hold.'],
  [
    { ...LEAST, startRate: 9000 },
    '`scenarios.limit.startRate` is 9000, above `scenarios.limit.maxRate`, which is 5000: it must be at most as high.',
  ],
  [
    { ...LEAST, precision: 5 },
    '`scenarios.limit.precision` is 5: it must be from 0.005 to 0.5, a share of the rate. 0.05 ends the search when the rate that failed is at most 5 % above the one that held.',
  ],
  [
    { ...LEAST, maxDuration: '5s' },
    '`scenarios.limit.maxDuration` is shorter than one probe with its warm-up: no rate could be tried.',
  ],
  [
    { ...LEAST, thresholds: { http_req_duration: [{ threshold: 'p(95)<1', abortOnFail: true }] } },
    '`scenarios.limit.thresholds` has `abortOnFail`: a failed probe never ends the run.',
  ],
  [
    { ...LEAST, thresholds: { http_req_duration: ['p(95)<400 over 10s'] } },
    "'p(95)<400 over 10s' cannot be judged for a probe: it must be a statistic of the whole probe, such as 'p(95)<400'.",
  ],
  [
    { ...LEAST, thresholds: { vus: ['slope<1'] } },
    "'slope<1' cannot be judged for a probe: it must be a statistic of the whole probe, such as 'p(95)<400'.",
  ],
  [{ ...LEAST, maxRate: 1e9 }, expect.stringContaining('one run counts up to')],
  [{ ...LEAST, maxVUs: 10 }, expect.stringContaining('it must be at least as high')],
])('%j is refused', async (scenario, message) => {
  expect(await wrong(scenario)).toEqual([message]);
});

test('texts of the thresholds are checked with those of the run, and pointed at', async () => {
  const script = `export const options = {
  scenarios: {
    limit: {
      executor: 'capacity',
      startRate: 1,
      maxRate: 2,
      preAllocatedVUs: 1,
      thresholds: { http_req_duration: ['p(95)<4OO'] },
    },
  },
  thresholds: { checks: ['rate>0.9'] },
};
`;
  const folder = folderWith({ 'script.ts': script });
  const entry = `${folder}/script.ts`;
  let seen: ConfigTexts | undefined;
  const options = {
    scenarios: {
      limit: {
        executor: 'capacity',
        startRate: 1,
        maxRate: 2,
        preAllocatedVUs: 1,
        thresholds: { http_req_duration: ['p(95)<4OO'] },
      },
    },
    thresholds: { checks: ['rate>0.9'] },
  };
  const problems = await problemsOf(options, {
    entry,
    userFiles: [entry],
    checkTexts: (texts) => {
      seen = texts;
      return [{ message: 'no number', part: 'threshold', index: 1, offset: 6 }];
    },
  });
  expect(seen?.thresholds.map((threshold) => threshold.threshold)).toEqual(['rate>0.9', 'p(95)<4OO']);
  expect(problems).toEqual([{ message: 'no number', location: { file: entry, line: 8, column: 48 } }]);
});

test('--once runs one iteration and searches for nothing', async () => {
  const { options } = await resolve({ scenarios: { limit: LEAST } }, { argv: ['--once'] });
  expect(options.scenarios).toMatchObject([{ executor: 'shared-iterations', iterations: 1 }]);
});
