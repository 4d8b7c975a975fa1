import { expect, it } from 'vitest';
import { BUILTIN_METRICS, type BuiltinMetric, M } from '../../../dsl/metrics.ts';
import type { ResolvedThreshold } from '../../../dsl/options.ts';
import { createAggregate } from '../../../runner/aggregate/aggregate.ts';
import { requestRows } from '../../../runner/summary/requests.ts';
import { judgeValidity } from '../../../runner/summary/validity.ts';
import { createJudge } from '../../../runner/thresholds/evaluate.ts';
import { tagSelection, validateThresholds } from '../../../runner/thresholds/validate.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';
import { custom } from '../thresholds/fake-aggregate.ts';

const QUEUE = custom('queue', 'gauge', 'bytes');
const SECONDS = 20;

const threshold = (text: string): ResolvedThreshold => {
  const [metric, comparison] = text.split('|') as [string, string];
  return { metric, threshold: comparison, abortOnFail: false, delayAbortEvalMs: 0, noData: 'fail' };
};

/** Two recorders feed a real aggregate for 20 seconds, judged 150 ms after each: 100 requests a second in all. */
function run(thresholds: readonly string[]) {
  const { rules, problems } = validateThresholds(thresholds.map(threshold), [QUEUE], ['main']);
  expect(problems).toEqual([]);
  const aggregate = createAggregate([...BUILTIN_METRICS, QUEUE]);
  const judge = createJudge(rules, aggregate);
  let nowMs = 0;
  const recorders = [0, 1].map(() => {
    const recorder = new ThreadRecorder({ now: () => nowMs });
    recorder.declare(QUEUE);
    recorder.select(tagSelection(rules, []));
    return recorder;
  });
  const failing: number[] = [];
  for (let second = 1; second <= SECONDS; second++) {
    recorders.forEach((recorder, worker) => {
      const add = (metric: BuiltinMetric, value: number, tags: Readonly<Record<string, string>>) => {
        let set = recorder.root.with('scenario', 'main');
        for (const [key, text] of Object.entries(tags)) set = set.with(key, text);
        recorder.series(M[metric], set).add(value);
      };
      for (let i = 0; i < 50; i++) {
        nowMs = (second - 1) * 1000 + i * 20;
        const tags = {
          method: 'GET',
          name: i % 5 === 0 ? 'http://h:1/slow' : 'http://h:1/fast',
          status: i === 0 ? '503' : '200',
          region: worker === 0 ? 'eu' : 'us',
        };
        add('http_reqs', 1, tags);
        // Second 10 is slow everywhere.
        add('http_req_duration', second === 10 ? 900 : i % 5 === 0 ? 200 : 10, tags);
        add('http_req_failed', i === 0 ? 1 : 0, tags);
        add('generator_start_lag', 0.5, {});
      }
      if (second === 1)
        add('http_req_duration', 60_000, { group: '::setup', name: 'http://h:1/login', method: 'POST' });
      const queue = recorder.declare(QUEUE);
      recorder.series(queue, recorder.root).add(1000 + 50 * second);
      aggregate.apply(recorder.flush(`w${worker}`, second, (second - 1) * 1000, second * 1000));
    });
    if (judge.evaluate(second * 1000 + 150, false).failures.length > 0) failing.push(second);
  }
  aggregate.durationMs = SECONDS * 1000;
  return { aggregate, failing, judgement: judge.evaluate(SECONDS * 1000, true) };
}

it('judges what two workers measured as one', () => {
  const { judgement, failing } = run([
    'http_reqs|count==2000',
    'http_reqs|rate>=100',
    'http_reqs{status:503}|count<=40',
    'http_req_duration|p(90)<=200.2',
    'http_req_duration|max<1s over 3s',
    'http_req_duration|p(50)<500 over 3s',
    'http_req_duration{region:eu}|count==1000',
    'http_req_duration{region:eu,status:503}|count==20',
    'http_req_duration{group:::setup}|max>59s',
    'http_req_failed|rate<=2%',
    'http_reqs|rate>99 over 5s',
    'http_reqs|count>=500 over 5s',
    'queue|slope<60/s',
    'queue|slope>40/s',
    'queue|growth<1kB',
    'http_req_duration{region:mars}|p(95)<1',
  ]);
  const failures = judgement.failures.map(({ rule, result }) => [rule.metric, result.note ?? result.value]);
  expect(failures).toEqual([['http_req_duration{region:mars}', 'no data']]);
  expect(failing).toEqual([]);
  const values = [...judgement.results].flatMap(([metric, results]) =>
    results.map((r) => [metric, r.threshold, r.value]),
  );
  expect(values).toContainEqual(['http_reqs', 'count==2000', 2000]);
  expect(values).toContainEqual(['http_req_failed', 'rate<=2%', 0.02]);
  expect(values).toContainEqual(['queue', 'growth<1kB', 850]);
  expect(values).toContainEqual(['queue', 'slope<60/s', 50]);
});

it('keeps a failed window failed, with the worst value and its second', () => {
  const { judgement, failing } = run(['http_req_duration|p(99)<500 over 3s']);
  expect(failing).toEqual(Array.from({ length: SECONDS - 9 }, (_, i) => i + 10));
  const result = judgement.results.get('http_req_duration')?.[0];
  expect(result).toMatchObject({ ok: false, note: 'in the 3s up to 10s' });
  expect(Math.abs(result!.value! / 900 - 1)).toBeLessThan(0.001);
});

it('merges request rows over statuses, regions and workers, without setup', () => {
  const { aggregate } = run(['http_req_duration{region:eu}|p(95)<1000']);
  const rows = requestRows(aggregate);
  expect(rows.map(({ method, name, count, rate, failed }) => [method, name, count, rate, failed])).toEqual([
    ['GET', '/fast', 1600, 80, 0],
    ['GET', '/slow', 400, 20, 40],
  ]);
  // A percentile of the merged histogram: 5 % of the 400 slow requests took 900 ms.
  expect(rows[1]?.duration?.p95).toBeCloseTo(200, 0);
  expect(Math.abs(rows[1]!.duration!.p99 / 900 - 1)).toBeLessThan(0.001);
  expect(judgeValidity(aggregate, 100)).toMatchObject({ valid: true, startLagP99Ms: 0.5 });
});
