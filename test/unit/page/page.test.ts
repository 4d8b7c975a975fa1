import { describe, expect, test } from 'vitest';
import { pageData } from '../../../runner/page/build.ts';
import { barOf } from '../../../runner/page/client/threshold-bar.ts';
import { verdictWords } from '../../../runner/page/client/words.ts';
import { embeddedJson, escapeHtml, hashOf } from '../../../runner/page/html.ts';
import type { PageData } from '../../../runner/page/model.ts';
import { reportHtml } from '../../../runner/page/report.ts';
import { BINS_PER_DECADE, binOf, binStart, curvePercentiles } from '../../../runner/page/scale.ts';
import { DARK, LIGHT } from '../../../runner/page/style.ts';
import { madeUpRun, TWENTY_NAMES } from '../../helpers/made-up-run.ts';

const SMALL = {
  seconds: 30,
  perSecond: 4,
  names: TWENTY_NAMES.slice(0, 3),
  scenarios: ['browse', 'buy'],
  groups: ['::pay'],
  checks: ['is 200'],
  errors: ['reset'],
};

const dataOf = (input: Partial<typeof SMALL> & { thresholds?: readonly string[] } = {}): PageData =>
  pageData({ state: 'ended', ...madeUpRun({ ...SMALL, ...input }) });

describe('scales', () => {
  test('a bin begins where the one before it ends', () => {
    for (const ms of [0.001, 0.01, 1, 9.99, 10, 123, 60_000]) {
      const bin = binOf(ms);
      expect(binStart(bin)).toBeLessThanOrEqual(ms * (1 + 1e-9));
      expect(binStart(bin + 1)).toBeGreaterThan(ms);
    }
    expect(binOf(1) - binOf(0.1)).toBe(BINS_PER_DECADE);
    expect(binOf(0)).toBe(0);
  });

  test('the percentile curve ends where samples end', () => {
    expect(curvePercentiles(1)).toEqual([0, 100]);
    expect(curvePercentiles(10)).toEqual([
      0, 10, 20, 30, 40, 50, 55, 60, 65, 70, 75, 77.5, 80, 82.5, 85, 87.5, 88.75, 90, 100,
    ]);
    const thousands = curvePercentiles(100_000);
    expect(thousands.at(-1)).toBe(100);
    expect(thousands.at(-2)).toBeGreaterThan(99.99);
    expect(thousands.at(-2)).toBeLessThanOrEqual(99.999);
    expect(thousands.length).toBeLessThan(100);
  });
});

describe('the data of a page', () => {
  const data = dataOf();
  const { summary, course } = data;

  test('rates over time add up to the counts of the summary', () => {
    const reqs = course.metrics.find(({ name }) => name === 'http_reqs');
    if (reqs?.type !== 'counter') throw new Error('no requests');
    const total = reqs.perSecond.reduce<number>((sum, rate) => sum + (rate ?? 0), 0);
    expect(total).toBe(summary.metrics.http_reqs?.values.count);
    expect(course.steps).toBe(30);
  });

  test('rows say what the summary says', () => {
    const requests = course.rows.filter(({ kind }) => kind === 'request');
    for (const { method, name, count, failed, duration } of summary.requests) {
      const row = requests.find((one) => one.method === method && one.name === name);
      expect(row).toMatchObject({ count, failed, times: duration });
    }
    const scenarios = course.rows.filter(({ kind }) => kind === 'scenario');
    expect(scenarios.reduce((sum, { count }) => sum + count, 0)).toBe(
      summary.metrics.http_reqs?.values.count,
    );
    for (const { name, iterations } of scenarios)
      expect(iterations?.count).toBe(summary.scenarios[name]?.iterations);
  });

  test('a distribution holds every sample, and its curve the percentiles', () => {
    const metric = course.metrics.find(({ name }) => name === 'http_req_duration');
    if (metric?.type !== 'trend') throw new Error('no times');
    const { count, bins, curve } = metric.distribution ?? { count: 0, bins: [], curve: [] };
    expect(bins.reduce((sum, one) => sum + one, 0)).toBe(count);
    expect(curve).toEqual(curve.toSorted((a, b) => a - b));
    expect(curve.at(-1)).toBeCloseTo(summary.metrics.http_req_duration?.values.max ?? 0, -1);
  });

  test('the last step is as long as was reported on', () => {
    const { course: short } = pageData({ state: 'ended', ...madeUpRun({ ...SMALL, seconds: 2 }) });
    expect(short.steps).toBe(2);
    expect(short.metrics.every((metric) => metric.type !== 'gauge' || metric.value.length === 2)).toBe(true);
  });

  test('a run without anything has a page', () => {
    const { course, summary: empty } = madeUpRun({ ...SMALL, seconds: 0 });
    const none = pageData({ state: 'ended', summary: empty, course });
    expect(none.course).toMatchObject({ steps: 0, rows: [], metrics: [] });
    expect(reportHtml(empty, course)).toContain('<div id="page">');
  });
});

test('an hour with twenty names is under 400 kB', () => {
  const { summary, course } = madeUpRun({
    ...SMALL,
    seconds: 3600,
    workers: 1,
    perSecond: 2,
    names: TWENTY_NAMES,
    groups: ['::a', '::b', '::c', '::d'],
    thresholds: ['http_req_duration|p(95)<400', 'http_req_failed|rate<0.01'],
  });
  const html = reportHtml(summary, course);
  expect(Buffer.byteLength(html)).toBeLessThan(400_000);
  expect(course.lastStep).toBeGreaterThan(300);
}, 120_000);

describe('the file', () => {
  const hostile = '</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\u2028';

  test('JSON in a tag can neither end it nor begin a comment', () => {
    const text = embeddedJson({ hostile });
    expect(text).not.toMatch(/[<\u2028]/);
    expect(JSON.parse(text)).toEqual({ hostile });
    expect(escapeHtml(`<&>"'`)).toBe('&#60;&#38;&#62;&#34;&#39;');
  });

  test('allows one script and one style sheet, by their hashes, and nothing from the network', () => {
    const { summary, course } = madeUpRun({ ...SMALL, script: hostile } as typeof SMALL);
    const html = reportHtml(summary, course);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    expect(policy).toContain(`script-src ${hashOf(script)};`);
    expect(policy).toContain(`style-src ${hashOf(style)};`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('connect-src');
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).not.toMatch(/(?:src|href)="(?!data:,)/);
    expect(html).not.toContain('<img');
  });
});

describe('the verdict in words', () => {
  const words = (thresholds: readonly string[]) => verdictWords(dataOf({ thresholds }));

  test('says what held, and what came closest', () => {
    expect(words(['http_req_duration|p(95)<4000', 'http_req_duration|p(99)<60000'])).toMatchObject({
      tone: 'good',
      label: 'Passed',
      headline: 'All 2 thresholds held.',
      details: [
        expect.stringMatching(
          /^The closest, p\(95\)<4000 of http_req_duration, used [\d.]+ % of its limit\.$/,
        ),
      ],
    });
  });

  test('says what failed and by how much', () => {
    const { tone, headline, details } = words(['http_req_duration|p(95)<1', 'checks|rate>0.1']);
    expect(tone).toBe('bad');
    expect(headline).toBe('1 of 2 thresholds failed.');
    expect(details[0]).toMatch(/^http_req_duration p\(95\)<1: [\d.]+ ms, [\d.]+x the limit of 1 ms\.$/);
  });

  test('says that nothing was judged', () => {
    expect(words([]).headline).toBe('No thresholds: nothing was judged.');
  });

  test('says of a partial result how much of the time it covers', () => {
    const data = dataOf();
    const summary = { ...data.summary, partial: { toMs: 30_000, plannedMs: 120_000 } };
    const { label, headline } = verdictWords({ ...data, state: 'partial', summary });
    expect(label).toBe('Partial');
    expect(headline).toBe(
      'This run never came to its end: what follows covers its first 30 s of 2m00s (25.0 %).',
    );
  });

  test('says what holds so far while it runs', () => {
    const data = dataOf({ thresholds: ['checks|rate>0.1'] });
    expect(verdictWords({ ...data, state: 'running' })).toMatchObject({
      tone: 'plain',
      headline: 'The threshold held so far.',
    });
  });
});

describe('the bar of a threshold', () => {
  const result = (threshold: string, value: number | null, limit: number | null) => ({
    threshold,
    value,
    limit,
    ok: true,
  });

  test.each([
    ['p(95)<400', 200, 400, 'ms', 35],
    ['p(95)<400', 400, 400, 'ms', 70],
    ['p(95)<400', 4000, 400, 'ms', 100],
    // A share of checks is drawn by what failed.
    ['rate>0.99', 1, 0.99, 'ratio', 0],
    ['rate>0.99', 0.995, 0.99, 'ratio', 35],
    ['rate>0.99', 0.9, 0.99, 'ratio', 100],
  ] as const)('%s measured %s', (threshold, value, limit, unit, at) => {
    expect(barOf(result(threshold, value, limit), unit)?.value).toBeCloseTo(at, 6);
  });

  test('is left out where there is no number', () => {
    expect(barOf(result('p(95)<400', null, 400), 'ms')).toBeUndefined();
    expect(barOf(result('rate==0', 0, 0), 'ratio')).toEqual({ value: 0, limit: 0 });
  });
});

describe('colours', () => {
  const channel = (value: number): number =>
    value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = (hex: string): number => {
    const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255));
    return 0.2126 * (r as number) + 0.7152 * (g as number) + 0.0722 * (b as number);
  };
  const contrast = (a: string, b: string): number => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };

  test.each([
    ['light', LIGHT],
    ['dark', DARK],
  ])('text can be read: %s', (_, scheme) => {
    const colors = new Map(
      [...scheme.matchAll(/--([\w-]+): (#\w{6})/g)].map(([, name, hex]) => [name, hex as string]),
    );
    const of = (name: string): string => colors.get(name) as string;
    const pairs = [
      ...['text', 'faint', 'accent', 'good', 'bad', 'warn'].map((name) => [name, 'back']),
      ...['text', 'faint'].map((name) => [name, 'card']),
      ...['good', 'bad', 'warn'].flatMap((name) => [
        [name, `${name}-back`],
        ['text', `${name}-back`],
      ]),
    ] as [string, string][];
    const weak = pairs.filter(([text, back]) => contrast(of(text), of(back)) < 4.5);
    expect(weak).toEqual([]);
    // Curves need less than text.
    const curves = ['c1', 'c2', 'c3', 'c4', 'c5'].filter((name) => contrast(of(name), of('back')) < 3);
    expect(curves).toEqual([]);
  });
});

test('lists without end are cut, and it is said by how much', () => {
  const { summary, course } = madeUpRun(SMALL);
  const many = <T>(one: T): T[] => Array.from({ length: 1000 }, () => one);
  const long = {
    ...summary,
    requests: many(summary.requests[0] as (typeof summary.requests)[number]),
    errors: many({ label: 'x'.repeat(100), code: 1, message: 'y'.repeat(500), count: 1 }),
    checks: many(summary.checks[0] as (typeof summary.checks)[number]),
    metrics: Object.fromEntries(
      many(0).map((_, i) => [
        `m${i}`,
        { type: 'counter', unit: 'count', values: { count: 1, rate: 1 } } as const,
      ]),
    ),
  };
  const { left } = pageData({ state: 'ended', summary: long, course });
  expect(left).toEqual({ requests: 900, errors: 900, checks: 800, metrics: 850 });
  expect(Buffer.byteLength(reportHtml(long, course))).toBeLessThan(400_000);
});
