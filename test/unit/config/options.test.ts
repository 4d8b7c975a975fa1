/** Options beside the scenarios: layers, defaults, sources, and a sentence for everything that is wrong. */

import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { DEFAULT_NETWORK } from '../../../dsl/network.ts';
import { OPTION_KEYS } from '../../../runner/config/options.ts';
import { describeSource } from '../../../runner/config/provenance.ts';
import { scriptEnv } from '../../../runner/config/run-flags.ts';
import { SETTINGS } from '../../../runner/config/settings.ts';
import { flagsOf, messagesOf, problemsOf, resolve } from './helpers.ts';

test('every default', async () => {
  const { options, warnings } = await resolve(undefined);
  const { seed, userAgent, ...rest } = options;
  expect(rest).toEqual({
    scenarios: [expect.anything()],
    thresholds: [],
    breakdown: [],
    tags: {},
    setupTimeoutMs: 60_000,
    teardownTimeoutMs: 60_000,
    minIterationDurationMs: 0,
    summaryTrendStats: [
      'count',
      'avg',
      'min',
      'med',
      'max',
      'stdev',
      'p(50)',
      'p(90)',
      'p(95)',
      'p(99)',
      'p(99.9)',
    ],
    validity: { maxStartLagMs: 100 },
    workers: 1,
    batch: 20,
    batchPerHost: 6,
    connections: 'vu',
    maxRedirects: 10,
    discardResponseBodies: false,
    throw: false,
    noConnectionReuse: false,
    noVUConnectionReuse: false,
    noCookiesReset: false,
    traceContext: false,
    insecureSkipTLSVerify: false,
    network: DEFAULT_NETWORK,
    httpDebug: false,
  });
  expect(userAgent).toMatch(/^Brunt\/\d+\.\d+\.\d+/);
  expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
  expect(warnings).toEqual([]);
});

test('a seed is chosen anew each time', async () => {
  const seeds = await Promise.all(Array.from({ length: 5 }, async () => (await resolve({})).options.seed));
  expect(new Set(seeds).size).toBeGreaterThan(1);
});

test('script, then variables, then flags: the later wins', async () => {
  const script = { batch: 1, maxRedirects: 1, seed: 1 };
  const env = { BRUNT_MAX_REDIRECTS: '2', BRUNT_SEED: '2' };
  const { options, sources } = await resolve(script, { env, argv: ['--seed', '3'] });
  expect(options).toMatchObject({ batch: 1, maxRedirects: 2, seed: 3, batchPerHost: 6 });
  const source = (key: string) => describeSource(sources.of([key])?.source ?? { layer: 'default' });
  expect(['batch', 'maxRedirects', 'seed', 'batchPerHost'].map(source)).toEqual([
    'script',
    'BRUNT_MAX_REDIRECTS',
    '--seed',
    'default',
  ]);
});

test('each leaf of a scenario knows its source, and where a shortcut was written', async () => {
  const { sources } = await resolve({ vus: 3, duration: '10s' }, { env: { BRUNT_VUS: '5' } });
  expect(sources.of(['scenarios', 'default', 'vus'])).toEqual({
    path: ['scenarios', 'default', 'vus'],
    value: '5',
    source: { layer: 'variable', name: 'BRUNT_VUS' },
    writtenAt: ['vus'],
  });
  expect(sources.of(['scenarios', 'default', 'duration'])).toMatchObject({
    source: { layer: 'script' },
    writtenAt: ['duration'],
  });
  expect(sources.of(['scenarios', 'default', 'gracefulStop'])).toMatchObject({
    value: '30s',
    source: { layer: 'default' },
  });
  const written = await resolve({
    scenarios: { s: { executor: 'ramping-vus', stages: [{ duration: '1s', target: 1 }] } },
  });
  expect(written.sources.of(['scenarios', 's', 'stages', 0, 'target'])).toMatchObject({
    path: ['scenarios', 's', 'stages'],
    source: { layer: 'script' },
  });
});

test('tags of all layers come together, each with its own source', async () => {
  const { options, sources } = await resolve(
    { tags: { team: 'shop', build: 'script' } },
    { env: { BRUNT_TAGS: 'region=eu,build=variable' }, argv: ['--tag', 'build=142', '--tag', 'note=a=b'] },
  );
  expect(options.tags).toEqual({ team: 'shop', region: 'eu', build: '142', note: 'a=b' });
  expect(['team', 'region', 'build'].map((key) => sources.of(['tags', key])?.source.layer)).toEqual([
    'script',
    'variable',
    'flag',
  ]);
});

test('workers: one per core, but never more than VUs', async () => {
  const workers = async (options: unknown) => (await resolve(options)).options.workers;
  expect(await workers({ vus: 1000, duration: '1s' })).toBe(Math.min(1000, availableParallelism()));
  expect(await workers({ vus: 1, duration: '1s' })).toBe(1);
  expect(await workers({ vus: 5, duration: '1s', workers: 3 })).toBe(3);
  const { options, warnings } = await resolve({ vus: 2, duration: '1s' }, { argv: ['--workers', '8'] });
  expect(options.workers).toBe(2);
  expect(warnings).toMatchObject([
    { where: '--workers', message: '--workers is 8, but there are 2 VUs: 2 will run.' },
  ]);
});

test('texts of flags and variables stand for numbers, switches and lists', async () => {
  const { options } = await resolve(
    {},
    {
      env: {
        BRUNT_THROW: 'true',
        BRUNT_NO_COOKIES_RESET: '1',
        BRUNT_NO_CONNECTION_REUSE: 'false',
        BRUNT_SETUP_TIMEOUT: '5s',
      },
      argv: [
        '--summary-trend-stats',
        'avg,p(99),p(99.99)',
        '--insecure-skip-tls-verify',
        '--http-debug=full',
      ],
    },
  );
  expect(options).toMatchObject({
    throw: true,
    noCookiesReset: true,
    noConnectionReuse: false,
    setupTimeoutMs: 5000,
    summaryTrendStats: ['avg', 'p(99)', 'p(99.99)'],
    insecureSkipTLSVerify: true,
    httpDebug: 'full',
  });
});

test('httpDebug in a script', async () => {
  const value = async (httpDebug: unknown) => (await resolve({ httpDebug })).options.httpDebug;
  expect(await value(true)).toBe('heads');
  expect(await value('full')).toBe('full');
  expect(await value(false)).toBe(false);
  expect(await messagesOf({ httpDebug: 'ful' })).toEqual([
    "`httpDebug` is 'ful': it must be true, false or 'full'.",
  ]);
});

test.each([
  [{ workers: 0 }, '`workers` is 0: it must be a whole number of at least 1.'],
  [{ workers: 5000 }, '`workers` is 5000: it must be a whole number from 1 to 256.'],
  [{ seed: -1 }, '`seed` is -1: it must be a whole number of at least 0.'],
  [{ seed: 2 ** 32 }, '`seed` is 4294967296: it must be a whole number from 0 to 4294967295.'],
  [
    { setupTimeout: '30 seconds' },
    expect.stringMatching(/^`setupTimeout` is '30 seconds': it must be a duration .* Did you mean '30s'\?$/),
  ],
  [
    { minIterationDuration: 'soon' },
    expect.stringMatching(/^`minIterationDuration` is 'soon': it must be a duration/),
  ],
  [{ throw: 'yes' }, "`throw` is 'yes' (a text): it must be true or false."],
  [{ connections: 'share' }, "`connections` is 'share': it must be 'vu' or 'shared'. Did you mean 'shared'?"],
  [
    { userAgent: 'a\r\nb' },
    "`userAgent` is 'a\\r\\nb': it must be a text on one line, of letters that a header can carry (Latin-1).",
  ],
  [{ tags: { a: 1 } }, "`tags.a` is 1: it must be a text. Put it in quotes: '1'"],
  [{ breakdown: 'region' }, "`breakdown` is 'region': it must be an array of texts, such as ['region']."],
  [{ summaryTrendStats: [] }, '`summaryTrendStats` is empty: name at least one statistic.'],
  [
    { summaryTrendStats: ['p95'] },
    "`summaryTrendStats[0]` is 'p95': it must be count, avg, min, med, max, stdev or p(N) with N above 0 and up to 100. Did you mean 'p(95)'?",
  ],
  [{ summaryTrendStats: ['p(101)'] }, expect.stringMatching(/^`summaryTrendStats\[0\]` is 'p\(101\)'/)],
  [{ summaryTrendStats: ['mean'] }, expect.stringMatching(/Did you mean 'avg'\?$/)],
  [
    { validity: { maxStartLg: '1s' } },
    '`validity.maxStartLg` is not a condition of `validity`. Did you mean `maxStartLag`?',
  ],
  [{ validity: 5 }, "`validity` is 5: it must be an object such as { maxStartLag: '100ms' }."],
  [{ thresold: {} }, '`thresold` is not an option. Did you mean `thresholds`?'],
  [{ max_redirects: 3 }, '`max_redirects` is not an option. Did you mean `maxRedirects`?'],
  [
    { rps: 100 },
    "`rps` is not an option of Brunt. k6 has it but advises against it; use the executor 'constant-arrival-rate', which sets the rate of iterations.",
  ],
  [
    { rate: 5 },
    '`rate` is in the wrong place: it belongs to a scenario. Write it inside: scenarios: { name: { executor: …, rate: … } }',
  ],
  [
    [],
    "The `options` export is [] (empty): it must be an object. Write `export const options = defineOptions({ vus: 10, duration: '30s' });`.",
  ],
  ['x', expect.stringMatching(/^The `options` export is 'x'/)],
])('%j is refused', async (options, expected) => {
  const messages = await messagesOf(options);
  expect(messages).toHaveLength(1);
  if (typeof expected === 'string') expect(messages[0]).toContain(expected);
  else expect(messages[0]).toEqual(expected);
});

test('problems of flags and variables name them', async () => {
  const problems = await problemsOf(
    {},
    {
      env: { BRUNT_VUS: 'abc', BRUNT_THROW: 'maybe' },
      argv: ['-d', '5 s', '-s', 'x', '--tag', 'oops', '--batch', '-1'],
    },
  );
  expect(problems.map((p) => [p.where, p.message])).toEqual(
    expect.arrayContaining([
      ['BRUNT_VUS', "BRUNT_VUS is 'abc': it must be a whole number of at least 0."],
      ['BRUNT_THROW', "BRUNT_THROW is 'maybe': it must be true or false."],
      ['--stage', "--stage has the stage 'x': it must be TIME:TARGET, such as 30s:50."],
      ['--tag', "--tag is 'oops': it must be KEY=VALUE, such as team=shop."],
      ['--batch', "--batch is '-1': it must be a whole number of at least 1."],
    ]),
  );
});

test('a bad stage of several names which', async () => {
  expect(await messagesOf({}, { argv: ['-s', '5s:10', '-s', '10s:many'] })).toEqual([
    "`stages[1].target` (from --stage) is 'many': it must be a whole number of at least 0.",
  ]);
});

test('all problems come at once', async () => {
  const problems = await problemsOf(
    { vus: -1, thresold: {}, seed: 'x', duration: '1x', summaryTrendStats: ['p95'] },
    { exportedFunctions: [], argv: ['--batch', '0'] },
  );
  expect(problems).toHaveLength(7);
});

test('a variable that looks like a slip is a warning', async () => {
  const { warnings } = await resolve({}, { env: { BRUNT_VU: '5', BRUNT_HOME_OF_MINE: 'x' } });
  expect(warnings).toEqual([
    {
      where: 'BRUNT_VU',
      message: 'BRUNT_VU is set but means nothing to Brunt.',
      hint: 'Did you mean `BRUNT_VUS`?',
    },
  ]);
});

test('__ENV holds the process environment, and -e wins', () => {
  const shell = { HOME: '/root', BASE_URL: 'http://a', EMPTY: undefined };
  const flags = flagsOf(['-e', 'BASE_URL=http://b?x=1', '-e', 'HOME', '-e', 'TOKEN='], shell);
  expect(scriptEnv(shell, flags)).toEqual({ HOME: '/root', BASE_URL: 'http://b?x=1', TOKEN: '' });
});

test('the table of settings names each flag, short form, variable and option once', () => {
  const all = (pick: (s: (typeof SETTINGS)[number]) => string | undefined) =>
    SETTINGS.map(pick).filter((x) => x !== undefined);
  for (const names of [
    all((s) => ('flag' in s ? s.flag : undefined)),
    all((s) => ('short' in s ? s.short : undefined)),
    all((s) => ('variable' in s ? s.variable : undefined)),
    all((s) => s.key),
  ]) {
    expect(new Set(names).size).toBe(names.length);
  }
  for (const setting of SETTINGS) if (setting.to === 'option') expect(OPTION_KEYS).toContain(setting.key);
});
