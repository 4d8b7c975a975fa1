/** Shapes of `thresholds`, their places, and which of them a part of the scenarios leaves. */

import { expect, test } from 'vitest';
import type { ConfigTexts } from '../../../runner/config/resolve.ts';
import { folderWith, messagesOf, problemsOf, resolve } from './helpers.ts';

test('texts, objects and lists of both become rows with every default', async () => {
  const { options, thresholdSites } = await resolve({
    thresholds: {
      checks: 'rate>0.9',
      http_req_duration: [
        'p(95)<400',
        { threshold: 'p(99)<900', abortOnFail: true, delayAbortEval: '10s', noData: 'pass' },
      ],
    },
  });
  const defaults = { abortOnFail: false, delayAbortEvalMs: 0, noData: 'fail' };
  expect(options.thresholds).toEqual([
    { metric: 'checks', threshold: 'rate>0.9', ...defaults },
    { metric: 'http_req_duration', threshold: 'p(95)<400', ...defaults },
    {
      metric: 'http_req_duration',
      threshold: 'p(99)<900',
      abortOnFail: true,
      delayAbortEvalMs: 10_000,
      noData: 'pass',
    },
  ]);
  expect(thresholdSites.map((site) => site.path)).toEqual([
    ['thresholds', 'checks'],
    ['thresholds', 'http_req_duration', 0],
    ['thresholds', 'http_req_duration', 1, 'threshold'],
  ]);
});

test.each([
  [
    ['p(95)<400'],
    "`thresholds` is an array: it must be an object of lists by metric, such as { http_req_duration: ['p(95)<400'] }.",
  ],
  [
    { checks: 5 },
    "`thresholds.checks` is 5: it must be a text such as 'p(95)<400' or an object such as { threshold: 'p(95)<400', abortOnFail: true }.",
  ],
  [
    { checks: [] },
    "`thresholds.checks` is empty: give at least one threshold, such as 'p(95)<400', or leave it out.",
  ],
  [{ checks: [''] }, "`thresholds.checks[0]` is '': it must be a text that is not empty."],
  [
    { checks: { threshold: 'rate>0', abortOnFial: true } },
    '`thresholds.checks.abortOnFial` is not a field of a threshold. Did you mean `abortOnFail`?',
  ],
  [
    { checks: { treshold: 'rate>0' } },
    '`thresholds.checks.treshold` is not a field of a threshold. Did you mean `threshold`?',
  ],
  [
    { checks: { abortOnFail: true } },
    "`thresholds.checks` lacks `threshold`: the condition, such as threshold: 'p(95)<400'.",
  ],
  [
    { checks: { threshold: 'rate>0', noData: 'ok' } },
    "`thresholds.checks.noData` is 'ok': it must be 'fail' or 'pass'.",
  ],
])('%j is refused', async (thresholds, expected) => {
  expect(await messagesOf({ thresholds })).toEqual([expected]);
});

test('--no-thresholds judges nothing', async () => {
  const { options } = await resolve({ thresholds: { checks: 'rate>0.9' } }, { argv: ['--no-thresholds'] });
  expect(options.thresholds).toEqual([]);
});

test('thresholds of scenarios that --scenario leaves out are not judged, and that is said', async () => {
  const s = { executor: 'shared-iterations' };
  const thresholds = {
    http_req_duration: 'p(95)<1',
    'http_req_duration{scenario:a}': 'p(95)<1',
    'http_req_duration{status:200, scenario:"b"}': 'p(95)<1',
    'http_req_duration{scenario:typo}': 'p(95)<1',
  };
  const { options, warnings, thresholdSites } = await resolve(
    { scenarios: { a: s, b: s }, thresholds },
    { argv: ['--scenario', 'a'] },
  );
  const metrics = ['http_req_duration', 'http_req_duration{scenario:a}', 'http_req_duration{scenario:typo}'];
  expect(options.thresholds.map((t) => t.metric)).toEqual(metrics);
  expect(thresholdSites).toHaveLength(3);
  expect(warnings.map((w) => w.message)).toEqual([
    'Not judged, as their scenarios do not run: http_req_duration{status:200, scenario:"b"}.',
  ]);
});

test('problems inside the texts are told with the others, at their place in the script', async () => {
  const source = `export const options = {
  vus: -1,
  duration: '1s',
  thresholds: {
    'http_req_duratoin{status:200}': ['p(95)<400', 'p(99)<<9'],
  },
  breakdown: ['regoin'],
};
export default function () {}
`;
  const entry = `${folderWith({ 'script.ts': source })}/script.ts`;
  const seen: ConfigTexts[] = [];
  const problems = await problemsOf(
    {
      vus: -1,
      duration: '1s',
      thresholds: { 'http_req_duratoin{status:200}': ['p(95)<400', 'p(99)<<9'] },
      breakdown: ['regoin'],
    },
    {
      entry,
      checkTexts: (texts) => {
        seen.push(texts);
        return [
          { message: 'metric', part: 'metric', index: 0, offset: 0 },
          { message: 'tag', part: 'metric', index: 0, offset: 18 },
          { message: 'operator', part: 'threshold', index: 1, offset: 6, hint: 'h' },
          { message: 'key', part: 'breakdown', index: 0, offset: 0 },
        ];
      },
    },
  );
  expect(seen).toMatchObject([
    { breakdown: ['regoin'], scenarios: ['default'], thresholds: [{}, { threshold: 'p(99)<<9' }] },
  ]);
  expect(problems.map((p) => [p.message.slice(0, 8), p.location?.line, p.location?.column])).toEqual([
    ['`vus` is', 2, 8],
    ['metric', 5, 5],
    ['tag', 5, 24],
    ['operator', 5, 59],
    ['key', 7, 15],
  ]);
});
