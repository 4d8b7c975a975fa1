/**
 * A made-up run is judged second by second, and its series, as the outputs would send them, go through Prometheus' own
 * unit test of rules: each alert must fire in the seconds in which its threshold fails, and in no other.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BUILTIN_METRICS } from '../../../dsl/metrics.ts';
import type { ResolvedThreshold } from '../../../dsl/options.ts';
import { createAggregate } from '../../../runner/aggregate/aggregate.ts';
import { type AlertOptions, alertsOf } from '../../../runner/alerts/alerts.ts';
import { ruleFile } from '../../../runner/alerts/yaml.ts';
import { RunSeries, valuesOf } from '../../../runner/outputs/prometheus/series.ts';
import { createJudge } from '../../../runner/thresholds/evaluate.ts';
import { holds, type ThresholdRule } from '../../../runner/thresholds/rule.ts';
import { validateThresholds } from '../../../runner/thresholds/validate.ts';
import { promtool } from '../../helpers/prometheus.ts';
import { type Add, madeRun, Recorded } from '../outputs/prometheus/recorded.ts';
import { custom } from '../thresholds/fake-aggregate.ts';

const CUSTOM = [
  custom('depth', 'gauge', 'none'),
  custom('orders', 'counter', 'count'),
  custom('items', 'trend', 'none'),
];
const SECONDS = 14;
/** The last three seconds are after the end of the load. */
const LOAD_END_S = 11;

const OPTIONS: AlertOptions = {
  script: 'checkout.ts',
  nativeHistograms: false,
  lifecycle: true,
  loadEndMs: () => LOAD_END_S * 1000,
  forMs: 0,
  labels: {},
};

function rulesOf(texts: readonly string[], more: Partial<ResolvedThreshold> = {}): readonly ThresholdRule[] {
  const thresholds = texts.map((text) => {
    const [metric, threshold] = text.split(' | ') as [string, string];
    return { metric, threshold, abortOnFail: false, delayAbortEvalMs: 0, noData: 'fail' as const, ...more };
  });
  const { rules, problems } = validateThresholds(thresholds, CUSTOM, ['buy', 'look']);
  expect(problems).toEqual([]);
  return rules;
}

/** Good, bad from second 5 to 7, good again, then nothing but a few stragglers. */
function measure(add: Add, second: number): void {
  const bad = second >= 5 && second <= 7;
  const buy = { scenario: 'buy', name: 'say "hi"', method: 'GET' };
  add('depth', bad ? 12 : 3, { scenario: 'buy' });
  add('generator_loop_busy', bad ? 0.9 : 0.2, { scenario: 'buy' });
  if (second === 1) add('http_req_duration', 9000, { ...buy, group: '::setup' });
  if (second > LOAD_END_S) return;
  for (let i = 0; i < 20; i++) {
    const failed = bad && i < 5;
    const tags = { ...buy, status: failed ? '503' : '200' };
    add('http_reqs', 1, tags);
    add('http_req_duration', (bad ? 350 : 40) + i, tags);
    add('http_req_failed', failed ? 1 : 0, tags);
    add('checks', failed ? 0 : 1, { scenario: 'buy', check: 'fine' });
  }
  add('http_req_duration', 5, { scenario: 'look', status: '200' });
  add('items', second % 3 === 0 ? 40 : 3, { scenario: 'look' });
  if (second > 2) add('orders', bad ? 1 : 6, { scenario: 'look' });
  if (second === 6) add('iteration_errors', 1, { scenario: 'look' });
}

const THRESHOLDS = [
  'http_req_duration | p(95)<300',
  'http_req_duration | p(50)<=100',
  'http_req_duration | med<100',
  'http_req_duration | p(99)<20s',
  'http_req_duration | p(5)>30',
  'http_req_duration | p(99.9)<355ms',
  'http_req_duration | p(95)<200 over 3s',
  'http_req_duration | p(95)>200 over 3s',
  'http_req_duration{scenario:buy,status:503} | p(95)<100',
  'http_req_duration{scenario:look} | p(95)<100',
  'http_req_duration{group:::setup} | p(95)<1s',
  'http_req_duration | avg<100',
  'http_req_duration | avg<100 over 2s',
  'http_req_duration | max<360',
  'http_req_duration | max<3s',
  'http_req_duration | max<360 over 2s',
  'http_req_duration | max>360',
  'http_req_duration | min>4',
  'http_req_duration | min>6',
  'http_req_duration | p(100)<360',
  'http_req_duration | sum<20s',
  'http_req_duration | count<100',
  'items | p(90)<30',
  'items | max<50',
  'http_reqs | rate>19',
  'http_reqs | rate>25',
  'http_reqs | rate<19',
  'http_reqs | count<150',
  'http_reqs | count<=60 over 3s',
  'http_reqs | rate>15 over 2s',
  'http_reqs{status:503} | count==0',
  'http_reqs{status:503} | rate<1 over 4s',
  'orders | rate<2.5',
  'orders | count>10 over 3s',
  'dropped_iterations | count<1',
  'ws_msgs_received | rate>1',
  'iteration_errors | count==0',
  'http_req_failed | rate<0.05',
  'http_req_failed | rate<5% over 3s',
  'checks | rate>0.9',
  'checks{check:fine} | rate>=0.9',
  'checks | fails<8',
  'checks | passes<100',
  'depth | value<10',
  'depth | max<10',
  'depth | max<10 over 2s',
  'depth | min>1',
  'generator_loop_busy | value<0.8',
];

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brunt-alerts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('alerts fire in the seconds in which their thresholds fail', async (context) => {
  const rules = rulesOf(THRESHOLDS);
  const aggregate = createAggregate([...BUILTIN_METRICS, ...CUSTOM]);
  const judge = createJudge(rules, aggregate);
  const windows = rules.map(({ selector, windowMs }) =>
    aggregate.track(selector, windowMs === undefined ? {} : { windowMs }),
  );
  const run = new Recorded({ custom: CUSTOM, rules });
  const series = new RunSeries(madeRun({ rules }), { timeBounds: undefined, cwd: '/' });
  const group = alertsOf(rules, OPTIONS);
  expect(group.skipped).toEqual([]);

  const texts = new Map<string, string[]>();
  const since = new Map<ThresholdRule, number>();
  const firing: string[][] = [];
  for (let second = 1; second <= SECONDS; second++) {
    const { batch, bytes } = run.second(measure);
    aggregate.apply(bytes);
    series.keep(batch);
    for (const one of series.all) {
      const values = valuesOf(one);
      one.points.forEach(({ name, le }, i) => {
        const labels = [...one.labels, ...(le === undefined ? [] : [['le', le] as const])];
        const key = `${name}{${labels.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
        let column = texts.get(key);
        if (column === undefined) {
          // As remote write does: what counts was 0 before its first second.
          const before = one.total.type === 'gauge' ? '_' : '0';
          column = [...Array.from({ length: second - 1 }, () => '_'), before];
        }
        texts.set(key, column);
        column.push(String(values[i]));
      });
    }
    const { results } = judge.evaluate(second * 1000, false);
    const places = new Map<string, number>();
    firing.push(
      rules.flatMap((rule, i) => {
        const place = places.get(rule.metric) ?? 0;
        places.set(rule.metric, place + 1);
        const fails =
          rule.windowMs === undefined
            ? results.get(rule.metric)?.[place]?.ok === false
            : failsNow(rule, windows[i] as (typeof windows)[number], second, since);
        return fails ? [group.alerts[i]?.name as string] : [];
      }),
    );
  }
  // The trace is one on which every kind of outcome is seen.
  const everFired = new Set(firing.flat());
  expect(everFired.size).toBeGreaterThan(20);
  expect(everFired.size).toBeLessThan(rules.length - 10);

  const folder = temporary();
  writeFileSync(join(folder, 'rules.yml'), ruleFile(group));
  const tests = {
    rule_files: ['rules.yml'],
    evaluation_interval: '1s',
    tests: [
      {
        interval: '1s',
        input_series: [...texts].map(([key, column]) => ({ series: key, values: column.join(' ') })),
        promql_expr_test: firing.map((names, i) => ({
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: `${i + 1}s`,
          exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
        })),
      },
    ],
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'tests.yml'), JSON.stringify(tests));
  const checked = await promtool(context, ['check', 'rules', join(folder, 'rules.yml')]);
  expect(checked.code, checked.output).toBe(0);
  expect(checked.output).toContain(`${rules.length} rules found`);
  const tested = await promtool(context, ['test', 'rules', join(folder, 'tests.yml')]);
  expect(tested.code, tested.output).toBe(0);
});

/** Whether the window that ends now is a full one, and fails; lower bounds of counts hold while there is load. */
function failsNow(
  rule: ThresholdRule,
  state: ReturnType<ReturnType<typeof createAggregate>['track']>,
  second: number,
  since: Map<ThresholdRule, number>,
): boolean {
  const { windowMs = 0, def, measure, operator, limit } = rule;
  if (state.samples === 0) return false;
  if (!since.has(rule)) since.set(rule, second - 1);
  if ((second - (since.get(rule) as number)) * 1000 < windowMs) return false;
  if (def.type === 'counter' && operator.startsWith('>') && second > LOAD_END_S) return false;
  const stat = measure.kind === 'stat' ? measure.stat : '';
  const value = state.window(windowMs).stat(stat) ?? (def.type === 'counter' ? 0 : undefined);
  return value !== undefined && !holds(value, operator, limit);
}

test('what cannot be told from Prometheus stands in the file with its reason', () => {
  const rules = rulesOf([
    'http_req_duration | stdev<10',
    'http_req_duration | p(95)==10',
    'http_reqs | count>100',
    'depth | slope<1',
    'checks | passes!=7',
  ]);
  const group = alertsOf(rules, OPTIONS);
  expect(group.alerts).toEqual([]);
  expect(ruleFile(group)).toMatchInlineSnapshot(`
    "# The thresholds of checkout.ts as alerts, made by \`brunt alerts\`. They watch its runs while these send
    # what they measure to Prometheus: -o prometheus-remote-write=URL, or -o prometheus=PORT to be scraped.
    # Make them anew when the thresholds change: their limits are bounds of the histograms that a run sends.
    #
    # Without an alert:
    #   http_req_duration stdev<10: Prometheus has no sum of squares to take a standard deviation from
    #   http_req_duration p(95)==10: buckets cannot tell whether a value is exactly the limit
    #   http_reqs count>100: whether the count is reached is known only when the run ends
    #   depth slope<1: slope is of the whole course of a gauge, which PromQL has no function for
    #   checks passes!=7: whether the count is reached is known only when the run ends
    groups:
      - name: "brunt checkout.ts"
        rules: []
    "
  `);
});

test('an alert as it stands in the file', () => {
  const rules = rulesOf(['http_req_duration{scenario:buy} | p(95)<300'], { abortOnFail: true });
  expect(
    ruleFile(alertsOf(rules, { ...OPTIONS, forMs: undefined, labels: { team: 'shop' } })),
  ).toMatchInlineSnapshot(`
    "# The thresholds of checkout.ts as alerts, made by \`brunt alerts\`. They watch its runs while these send
    # what they measure to Prometheus: -o prometheus-remote-write=URL, or -o prometheus=PORT to be scraped.
    # Make them anew when the thresholds change: their limits are bounds of the histograms that a run sends.
    groups:
      - name: "brunt checkout.ts"
        rules:
          - alert: BruntHttpReqDurationP95Buy
            expr: |-
              histogram_quantile(0.95, sum by (run, le) (brunt_http_req_duration_seconds_bucket{scenario="buy", group!~"::(setup|teardown)(::.*)?"})) > 0.3
                and on (run) brunt_run_info{script="checkout.ts"}
            for: 15s
            labels:
              severity: "critical"
              metric: "http_req_duration"
              team: "shop"
            annotations:
              summary: "checkout.ts: http_req_duration{scenario:buy} p(95)<300 does not hold"
              description: "Run {{ $labels.run }} of checkout.ts: http_req_duration{scenario:buy} p(95)<300 does not hold, with {{ $value | humanizeDuration }}."
              threshold: "http_req_duration{scenario:buy} p(95)<300"
    "
  `);
});

test('names are unique, and texts of the script are no templates', async (context) => {
  const rules = rulesOf([
    'http_req_duration | p(95)<300',
    'http_req_duration | p(95)<400',
    'http_req_duration | p(99.9)<400',
    'http_req_duration{name:{{ $labels }} "x"} | p(95)<300',
  ]);
  const group = alertsOf(rules, OPTIONS);
  expect(group.alerts.map(({ name }) => name)).toEqual([
    'BruntHttpReqDurationP95',
    'BruntHttpReqDurationP95_2',
    'BruntHttpReqDurationP999',
    'BruntHttpReqDurationP95LabelsX',
  ]);
  const file = join(temporary(), 'rules.yml');
  writeFileSync(file, ruleFile(group));
  const { code, output } = await promtool(context, ['check', 'rules', file]);
  expect(code, output).toBe(0);
});

test('native histograms are asked as such', () => {
  const rules = rulesOf(['http_req_duration | p(95)<300', 'http_req_duration | avg<200 over 30s']);
  const { alerts } = alertsOf(rules, { ...OPTIONS, nativeHistograms: true, lifecycle: false });
  expect(alerts.map(({ expr }) => expr.split('\n')[0])).toEqual([
    'histogram_quantile(0.95, sum by (run) (brunt_http_req_duration_seconds)) > 0.3',
    'histogram_sum((sum by (run) (brunt_http_req_duration_seconds) - sum by (run) (brunt_http_req_duration_seconds offset 30s))) / ' +
      'histogram_count((sum by (run) (brunt_http_req_duration_seconds) - sum by (run) (brunt_http_req_duration_seconds offset 30s))) >= 0.2',
  ]);
});
