import { describe, expect, it } from 'vitest';
import type {
  CapacityProbe,
  CapacitySummary,
  ScenarioSummary,
  Summary,
} from '../../../runner/summary/model.ts';
import { stripColors } from '../../../runner/terminal/clean.ts';
import { makeStyle, PLAIN_STYLE } from '../../../runner/terminal/style.ts';
import { renderSummary } from '../../../runner/terminal/summary.ts';
import { textWidth } from '../../../runner/terminal/width.ts';
import { expectGolden } from './golden.ts';
import {
  BROKEN,
  CAPACITY,
  call,
  counter,
  EMPTY,
  FAILED,
  gauge,
  INTERRUPTED,
  INVALID,
  OPEN,
  PASSED,
  PROTOCOLS,
  rate,
  request,
  trend,
} from './summaries.ts';

const COLOR = makeStyle({ color: true, unicode: true });

const CASES: readonly (readonly [string, Summary])[] = [
  ['passed', PASSED],
  ['failed', FAILED],
  ['open', OPEN],
  ['capacity', CAPACITY],
  ['broken', BROKEN],
  ['invalid', INVALID],
  ['interrupted', INTERRUPTED],
  ['empty', EMPTY],
  ['protocols', PROTOCOLS],
];

function compact(summary: Summary, width = 80): string[] {
  return renderSummary(summary, { mode: 'compact', width, style: PLAIN_STYLE });
}

/** Lines from the one that starts with the title to the next blank one. */
function section(lines: readonly string[], title: string): string[] {
  const from = lines.findIndex((l) => l.startsWith(`  ${title}`));
  if (from < 0) return [];
  const to = lines.indexOf('', from);
  return lines.slice(from, to < 0 ? undefined : to);
}

describe('golden summaries', () => {
  for (const [name, summary] of CASES) {
    for (const width of [80, 120]) {
      it(`${name} at ${width} columns`, () => {
        expectGolden(`summary-${name}-${width}`, compact(summary, width));
      });
    }
  }

  it('failed, with everything', () => {
    for (const width of [80, 160]) {
      const lines = renderSummary(FAILED, { mode: 'full', width, style: PLAIN_STYLE });
      expectGolden(`summary-failed-full-${width}`, lines);
    }
  });

  it('failed, in colour', () => {
    expectGolden('summary-failed-color', renderSummary(FAILED, { mode: 'compact', width: 80, style: COLOR }));
  });

  it('open, in ASCII', () => {
    const style = makeStyle({ color: false, unicode: false });
    expectGolden('summary-open-ascii', renderSummary(OPEN, { mode: 'compact', width: 80, style }));
  });
});

describe('any width', () => {
  for (const [name, summary] of CASES) {
    it(`${name} never exceeds it`, () => {
      for (let width = 40; width <= 200; width += 7) {
        for (const mode of ['compact', 'full'] as const) {
          for (const line of renderSummary(summary, { mode, width, style: COLOR })) {
            expect(textWidth(line), `${width} columns: ${line}`).toBeLessThanOrEqual(width);
          }
        }
      }
    });

    it(`${name} says the same in colour and without`, () => {
      const colored = renderSummary(summary, { mode: 'full', width: 100, style: COLOR }).map(stripColors);
      const plain = renderSummary(summary, { mode: 'full', width: 100, style: PLAIN_STYLE });
      // A badge has a blank on either side; it is taken from the space before it.
      const squeezed = (lines: readonly string[]) => lines.map((l) => l.replaceAll(/ +/g, ' ').trim());
      expect(squeezed(colored)).toEqual(squeezed(plain));
    });
  }
});

describe('verdict', () => {
  it.each([
    ['passed', 'PASSED  4 thresholds', PASSED],
    ['failed', 'FAILED  2 of 5 thresholds', FAILED],
    ['invalid', 'INVALID', INVALID],
    ['interrupted', 'INTERRUPTED', INTERRUPTED],
    ['aborted', 'ABORTED', { ...PASSED, run: { ...PASSED.run, verdict: 'aborted' } }],
    ['error', 'ERROR', { ...EMPTY, run: { ...EMPTY.run, verdict: 'error' } }],
    ['passed', 'PASSED  no thresholds', EMPTY],
    [
      'invalid, with failures',
      'INVALID  2 of 5 thresholds failed',
      { ...FAILED, run: { ...FAILED.run, verdict: 'invalid' } },
    ],
    ['failed by test.fail()', 'FAILED', { ...PASSED, run: { ...PASSED.run, verdict: 'failed' } }],
  ] as const)('%s ends the first line with %s', (_, text, summary) => {
    expect(compact(summary as Summary)[1]).toMatch(new RegExp(`  ${text}$`));
  });

  it('gives reasons that the thresholds do not tell', () => {
    expect(compact(FAILED).join('\n')).not.toContain('over the limit of');
    expect(compact(BROKEN)[2]).toBe('  → iteration_errors: 3 iterations threw an error');
  });

  it('says so where nothing was measured', () => {
    expect(compact(INTERRUPTED)).toContain('  Nothing was measured.');
    expect(compact(PASSED)).not.toContain('  Nothing was measured.');
  });
});

describe('thresholds', () => {
  it('lists failed ones first, with the measured value and the miss', () => {
    const lines = section(compact(FAILED), 'THRESHOLDS');
    expect(lines.slice(1).map((l) => l.trim()[0])).toEqual(['✗', '✗', '✓', '✓', '✓']);
    expect(lines[2]).toMatch(/✗ http_req_duration\{scenario:buy\} +p\(99\)<500 +812 ms +62 % over$/);
  });

  it('tells missing data', () => {
    expect(section(compact(BROKEN), 'THRESHOLDS').join('\n')).toMatch(
      /region:eu\} +p\(95\)<400 +– +no data$/m,
    );
  });

  it('counts passing ones beyond twenty, and never hides a failed one', () => {
    const thresholds = Array.from({ length: 60 }, (_, i) => ({
      threshold: `p(${i})<10`,
      ok: i % 2 === 0,
      value: i % 2 === 0 ? 5 : 20,
      limit: 10,
    }));
    const lines = section(
      compact({ ...EMPTY, metrics: { t: trend(1, 2, 3, 4, 10, thresholds) } }),
      'THRESHOLDS',
    );
    expect(lines.filter((l) => l.includes('✗'))).toHaveLength(30);
    expect(lines.filter((l) => l.includes('✓'))).toHaveLength(20);
    expect(lines.at(-1)).toBe('  and 10 more that passed');
  });
});

describe('requests', () => {
  it('shows the busiest twenty of a thousand names, and says how many more', () => {
    const requests = Array.from({ length: 1000 }, (_, i) =>
      request('GET', `/item/${i}`, 2000 - i, i === 999 ? 1 : 0),
    );
    const summary = { ...PASSED, requests };
    const lines = section(compact(summary), 'REQUESTS');
    expect(lines).toHaveLength(23);
    expect(lines[2]).toContain('GET /item/0 ');
    expect(lines.at(-1)).toBe('  and 980 more names, 1 of them with failures');
    const full = renderSummary(summary, { mode: 'full', width: 80, style: PLAIN_STYLE });
    expect(section(full, 'REQUESTS')).toHaveLength(1002);
  });

  it('shows a dash for times where no request got a response', () => {
    const summary: Summary = {
      ...EMPTY,
      metrics: { http_reqs: counter(5, 1), http_req_failed: rate(5, 0) },
      requests: [request('GET', '/', 5, 5, null)],
    };
    const lines = section(compact(summary), 'REQUESTS');
    expect(lines[1]).toMatch(/^ {2}all +5 +1 +– +– +– +– +100 %$/);
    expect(lines[2]).toMatch(/^ {2}GET \/ +5 +0\.167 +– +– +– +– +100 %$/);
  });

  it('is left out without requests', () => {
    expect(section(compact(EMPTY), 'REQUESTS')).toEqual([]);
    expect(section(compact({ ...EMPTY, metrics: { http_reqs: counter(0, 0) } }), 'REQUESTS')).toEqual([]);
  });

  it('does not call a few failures none, nor a few successes all', () => {
    const summary = {
      ...PASSED,
      requests: [request('GET', '/a', 100_000, 3), request('GET', '/b', 100_000, 99_999)],
    };
    const lines = section(compact(summary), 'REQUESTS');
    expect(lines[2]).toMatch(/<0\.01 %$/);
    expect(lines[3]).toMatch(/>99\.99 %$/);
  });

  it('keeps the columns of all tables under each other', () => {
    const lines = compact(OPEN);
    const ends = ['REQUESTS', 'CUSTOM METRICS'].map((title) => {
      const head = section(lines, title)[0] as string;
      return ['p50', 'p95', 'p99', 'max'].map((name) => head.indexOf(name));
    });
    expect(ends[0]).toEqual(ends[1]);
  });
});

describe('iterations', () => {
  it('sets response and service time under each other for arrivals, and says which is which', () => {
    const lines = section(compact(OPEN), 'ITERATIONS').join('\n');
    expect(lines).toMatch(/waited, from the schedule +36 ms +402 ms +1\.1 s/);
    expect(lines).toMatch(/ran, from the start +35 ms +340 ms +905 ms/);
    expect(lines).toContain('waited = response time');
  });

  it('says so where only some iterations had a schedule', () => {
    const metrics = { ...OPEN.metrics, iteration_response_time: trend(36, 402, 1100, 1420, 4000) };
    const text = section(compact({ ...OPEN, metrics }, 200), 'ITERATIONS').join('\n');
    expect(text).toContain('of all 16 071 iterations, 4000 of which had a schedule');
  });

  it('has one row of times for the closed model', () => {
    const lines = section(compact(PASSED), 'ITERATIONS').join('\n');
    expect(lines).toMatch(/duration +31\.1 ms/);
    expect(lines).not.toContain('waited');
  });

  it('keeps what went wrong where the line is too narrow for zeros', () => {
    expect(section(compact(OPEN, 50), 'ITERATIONS')[0]).toBe('  ITERATIONS  16 071 complete, 12 dropped');
  });

  it('folds many scenarios', () => {
    const one = { executor: 'constant-vus', iterations: 10, failed: 0, interrupted: 0, dropped: 0 };
    const scenarios = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`s${i}`, one]));
    const lines = section(compact({ ...EMPTY, scenarios }), 'ITERATIONS');
    expect(lines[0]).toContain('300 complete');
    expect(lines.at(-1)).toBe('  and 22 more scenarios');
  });
});

describe('checks and errors', () => {
  it('is one line where all pass', () => {
    expect(section(compact(PASSED), 'CHECKS')).toEqual(['  CHECKS  ✓ 2 checks, 96 422 of 96 422 passed']);
  });

  it('lists failing ones by group with counts, passing ones as a number', () => {
    const lines = section(compact(BROKEN, 120), 'CHECKS');
    expect(lines[0]).toBe('  CHECKS  87.2 % passed, 8213 of 64 284 failed');
    expect(lines[2]).toBe('  shop › cart');
    expect(lines[3]).toMatch(/^ {4}✗ status is 200 +4071 of 16 071 failed {2}74\.7 % passed$/);
    expect(lines.at(-1)).toBe('  ✓ 1 other check passed');
  });

  it("shows an error's lines and the user's own frames, the most frequent error first", () => {
    const text = section(compact(BROKEN, 120), 'ERRORS').join('\n');
    expect(text.indexOf('4041×')).toBeLessThan(text.indexOf('30×'));
    expect(text).toContain('at payForCart (/home/ann/load/checkout.ts:41:19)');
    expect(text).not.toContain('node:internal');
    expect(text).toMatch(/\n +expected: 3 items\n +received: 2 items$/);
  });

  it('caps kinds of errors and lines of a message', () => {
    const errors = Array.from({ length: 50 }, (_, i) => ({
      label: `GET /${i}`,
      code: 0,
      message: 'line\n'.repeat(100),
      count: 100 - i,
    }));
    const lines = section(compact({ ...EMPTY, errors }), 'ERRORS');
    expect(lines.length).toBeLessThanOrEqual(1 + 10 * 6 + 1);
    expect(lines.at(-1)).toBe('  and 40 more kinds of error, 2820 in all');
  });
});

describe('metrics of the script', () => {
  it('shows each type with its values', () => {
    const lines = section(compact(OPEN), 'CUSTOM METRICS').join('\n');
    expect(lines).toMatch(/queue_wait +16 071 +1\.2 ms +3\.4 ms +5\.6 ms +7\.8 ms/);
    expect(lines).toMatch(/orders +16 071 +536$/m);
    expect(lines).toMatch(/coupon_accepted +60\.0 % {2}9642 of 16 071/);
    expect(lines).toMatch(/basket_size +3 {2}min 1, max 12/);
  });

  it('shows other protocols, and sub-metrics without a threshold, in sections of their own', () => {
    const metrics = {
      ws_sessions: counter(10, 1),
      ws_msg_rtt: trend(1, 2, 3, 4),
      'http_req_duration{region:eu}': trend(5, 6, 7, 8),
      'http_req_duration{region:us}': trend(5, 6, 7, 8, 10, [
        { threshold: 'p(95)<9', ok: true, value: 6, limit: 9 },
      ]),
    };
    const lines = compact({ ...EMPTY, metrics });
    expect(section(lines, 'PROTOCOLS')).toHaveLength(3);
    expect(section(lines, 'BREAKDOWN')).toHaveLength(2);
    expect(section(lines, 'CUSTOM METRICS')).toEqual([]);
  });

  it('leaves out metrics without data', () => {
    const metrics: Summary['metrics'] = {
      a: counter(0, 0),
      b: { type: 'trend', unit: 'ms', values: { count: 0 } },
      c: { type: 'rate', unit: 'ratio', values: {} },
      d: { type: 'gauge', unit: 'none', values: {} },
    };
    expect(section(compact({ ...EMPTY, metrics }), 'CUSTOM METRICS')).toEqual([]);
  });

  it('shows chosen statistics of trends also in compact mode', () => {
    const look = { mode: 'compact', width: 80, style: PLAIN_STYLE } as const;
    const chosen = renderSummary(PASSED, { ...look, trendStats: ['avg', 'p(90)'] });
    expect(section(chosen, 'TRENDS')[1]).toMatch(/http_req_duration +13\.4 ms +76\.6 ms$/);
    const everyday = [
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
    ];
    expect(section(renderSummary(PASSED, { ...look, trendStats: everyday }), 'TRENDS')).toEqual([]);
  });
});

describe('generator', () => {
  it.each([
    [0.61, true, 'fine: at most 61 % busy'],
    [0.93, true, 'near its limit: at most 93 % busy'],
    [0.99, false, 'unreliable: at most 99 % busy'],
  ])('busy %d, valid %s: %s', (loopBusyMax, valid, text) => {
    const summary = { ...PASSED, generator: { ...PASSED.generator, loopBusyMax, valid } };
    expect(section(compact(summary), 'GENERATOR')[0]).toContain(text);
  });
});

describe('hostile text', () => {
  it('reaches no terminal, wherever it comes from', () => {
    const evil = 'a\u001b[2J\u001b]0;owned\u0007\u009b31m\nb\r\u202ec\u0000';
    const { generator, run } = PASSED;
    const summary: Summary = {
      ...PASSED,
      run: { ...run, script: evil, reasons: [evil] },
      scenarios: {
        [evil]: { executor: evil, iterations: 1, failed: 1, interrupted: 1, dropped: 1 },
        x: PASSED.scenarios.default!,
      },
      metrics: {
        ...PASSED.metrics,
        [evil]: trend(1, 2, 3, 4, 5, [{ threshold: evil, ok: false, value: null, limit: 1, note: evil }]),
        [`g${evil}`]: gauge(1, 1, 1),
      },
      requests: [request(evil, evil, 5)],
      calls: [call(evil, evil, evil, 5)],
      checks: [{ name: evil, group: `::${evil}::${evil}`, passes: 1, fails: 1 }],
      errors: [{ label: evil, code: 1, message: evil, stack: `Error\n at ${evil} (f.ts:1:1)`, count: 1 }],
      generator: { ...generator, notes: [`note ${evil}`] },
    };
    for (const mode of ['compact', 'full'] as const) {
      for (const line of renderSummary(summary, { mode, width: 100, style: PLAIN_STYLE })) {
        expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
        expect(line).not.toContain('owned');
      }
    }
  });
});

describe('CAPACITY', () => {
  const limit = CAPACITY.scenarios.limit as ScenarioSummary;
  const found = limit.capacity as CapacitySummary;
  const first = (changes: Partial<CapacitySummary>): string => {
    const capacity = { ...found, ...changes };
    const summary = { ...CAPACITY, scenarios: { limit: { ...limit, capacity } } };
    return section(compact(summary, 200), 'CAPACITY')[0] as string;
  };

  it.each<[Partial<CapacitySummary>, string]>([
    [{}, '436/s held, 455/s failed: iteration_response_time p(99)<250: 412 ms'],
    [
      { failedAt: null, limitedBy: [], end: 'above' },
      '436/s held, the highest allowed (maxRate): the limit lies above',
    ],
    [{ failedAt: null, limitedBy: [], end: 'time' }, '436/s held, none failed'],
    [
      { rate: null, failedAt: 3.1, end: 'below' },
      'none found, 3.1/s failed: iteration_response_time p(99)<250: 412 ms',
    ],
    [{ rate: null, failedAt: null, limitedBy: [], end: 'stopped' }, 'none found'],
    [
      { failedAt: null, limitedBy: [], end: 'generator' },
      'not found: 436/s held; at 455/s the generator was the limit',
    ],
  ])('%j', (changes, text) => {
    expect(first(changes)).toBe(`  CAPACITY limit  ${text}`);
  });

  it('leaves out the probes that are farthest from the limit where there are many', () => {
    const probes = Array.from({ length: 30 }, (_, i) => ({
      ...(found.probes[0] as CapacityProbe),
      number: i + 1,
      rate: 100 + 20 * i,
    }));
    const summary = (knee: number | null): Summary => ({
      ...CAPACITY,
      scenarios: { limit: { ...limit, capacity: { ...found, probes, knee } } },
    });
    const lines = section(compact(summary(null)), 'CAPACITY');
    expect(lines.filter((l) => l.includes('✓'))).toHaveLength(20);
    expect(lines).toContain('  and 10 more probes');
    expect(lines.some((l) => l.includes('✓ 440/s'))).toBe(true);
    expect(lines.some((l) => l.includes('✓ 100/s'))).toBe(false);
    const full = renderSummary(summary(null), { mode: 'full', width: 80, style: PLAIN_STYLE });
    expect(full.filter((l) => /✓ \d+\/s/.test(l))).toHaveLength(30);
  });

  it('is not told a second time among other metrics', () => {
    expect(compact(CAPACITY).some((l) => l.includes('capacity_rate'))).toBe(false);
  });
});
