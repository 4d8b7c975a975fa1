import { describe, expect, it } from 'vitest';
import { BUILTIN_METRICS, type BuiltinMetric, M, type MetricDef } from '../../../dsl/metrics.ts';
import { parseThreshold } from '../../../runner/thresholds/parser.ts';
import { custom } from './fake-aggregate.ts';

const def = (name: BuiltinMetric): MetricDef => BUILTIN_METRICS[M[name]]!;

function read(text: string, metric: MetricDef) {
  const parsed = parseThreshold(text, metric);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  const { measure, operator, limit, windowMs } = parsed.expression;
  return [measure.kind === 'stat' ? measure.stat : measure.kind, operator, limit, windowMs];
}

function refused(text: string, metric: MetricDef | undefined) {
  const parsed = parseThreshold(text, metric);
  if (parsed.ok) throw new Error(`${text} was accepted`);
  return parsed.problem;
}

describe('thresholds that are right', () => {
  it.each<[string, BuiltinMetric, unknown[]]>([
    ['p(95)<400', 'http_req_duration', ['p(95)', '<', 400, undefined]],
    ['p(99.9) <= 1500', 'http_req_duration', ['p(99.9)', '<=', 1500, undefined]],
    ['  p( 95 )  <  400  ', 'http_req_duration', ['p(95)', '<', 400, undefined]],
    ['p (95.0)<400', 'http_req_duration', ['p(95)', '<', 400, undefined]],
    ['p(0)>0', 'http_req_duration', ['p(0)', '>', 0, undefined]],
    ['p(100)<5e3', 'http_req_duration', ['p(100)', '<', 5000, undefined]],
    ['p(95)<1.5s', 'http_req_duration', ['p(95)', '<', 1500, undefined]],
    ['p(95)<1m30s', 'http_req_duration', ['p(95)', '<', 90_000, undefined]],
    ['p(95)<1m 30s', 'http_req_duration', ['p(95)', '<', 90_000, undefined]],
    ['avg<200 ms', 'http_req_duration', ['avg', '<', 200, undefined]],
    ['avg<.5', 'http_req_duration', ['avg', '<', 0.5, undefined]],
    ['min>=1', 'http_req_duration', ['min', '>=', 1, undefined]],
    ['med!=0', 'http_req_duration', ['med', '!=', 0, undefined]],
    ['max<+1000', 'http_req_duration', ['max', '<', 1000, undefined]],
    ['stdev<50', 'http_req_duration', ['stdev', '<', 50, undefined]],
    ['sum<60s', 'http_req_duration', ['sum', '<', 60_000, undefined]],
    ['count>100', 'http_req_duration', ['count', '>', 100, undefined]],
    ['p(95)<500 over 30s', 'http_req_duration', ['p(95)', '<', 500, 30_000]],
    ['p(95)<1.5s over 1m30s', 'http_req_duration', ['p(95)', '<', 1500, 90_000]],
    ['count<10', 'http_reqs', ['count', '<', 10, undefined]],
    ['count==0', 'iteration_errors', ['count', '==', 0, undefined]],
    ['count===0', 'iteration_errors', ['count', '==', 0, undefined]],
    ['rate>100', 'http_reqs', ['rate', '>', 100, undefined]],
    ['rate>100/s over 10s', 'http_reqs', ['rate', '>', 100, 10_000]],
    ['rate>0.99', 'checks', ['rate', '>', 0.99, undefined]],
    ['rate>99%', 'checks', ['rate', '>', 0.99, undefined]],
    ['rate>99.9 %', 'checks', ['rate', '>', 0.999, undefined]],
    ['rate<0', 'checks', ['rate', '<', 0, undefined]],
    ['fails<=3', 'checks', ['fails', '<=', 3, undefined]],
    ['value<50', 'vus', ['value', '<', 50, undefined]],
    ['max<50', 'vus', ['max', '<', 50, undefined]],
    ['growth<-5', 'vus', ['growth', '<', -5, undefined]],
    ['growth<100MB', 'generator_memory', ['growth', '<', 1e8, undefined]],
    ['slope<1MiB/s', 'generator_memory', ['slope', '<', 2 ** 20, undefined]],
    ['count<1.5 GB', 'data_received', ['count', '<', 1.5e9, undefined]],
    ['rate<64kB/s', 'data_sent', ['rate', '<', 64_000, undefined]],
    ['value<80%', 'generator_loop_busy', ['value', '<', 0.8, undefined]],
  ])('%s on %s', (text, metric, expected) => {
    expect(read(text, def(metric))).toEqual(expected);
  });

  it('keeps numbers of custom trends without a unit as they stand', () => {
    expect(read('p(95)<12.5', custom('tokens', 'trend'))).toEqual(['p(95)', '<', 12.5, undefined]);
  });
});

describe('thresholds that are wrong', () => {
  // [text, metric, the part that the problem points at, message, hint]
  it.each<[string, BuiltinMetric, string, RegExp, RegExp | undefined]>([
    ['', 'http_req_duration', '', /empty/, /p\(95\)<400/],
    ['<400', 'http_req_duration', '<400', /starts with a statistic/, /p\(95\)<400/],
    ['p95<400', 'http_req_duration', 'p95', /no statistic/, /p\(95\)/],
    ['p99.9<400', 'http_req_duration', 'p99.9', /no statistic/, /p\(99\.9\)/],
    ['p(95<400', 'http_req_duration', 'p(95<400', /not closed/, /p\(95\)/],
    ['p()<400', 'http_req_duration', 'p()', /0 to 100/, undefined],
    ['p(101)<400', 'http_req_duration', 'p(101)', /0 to 100/, undefined],
    ['p(-1)<400', 'http_req_duration', 'p(-1)', /0 to 100/, undefined],
    ['mean<400', 'http_req_duration', 'mean', /no statistic/, /`avg`/],
    ['agv<400', 'http_req_duration', 'agv', /no statistic/, /`avg`/],
    [
      'rate<0.1',
      'http_req_duration',
      'rate',
      /does not fit.*trend.*avg, min, med, max, stdev, sum, count and p\(N\)/,
      /count/,
    ],
    [
      'p(95)<400',
      'http_reqs',
      'p(95)',
      /does not fit http_reqs, which is a counter: it has count and rate/,
      undefined,
    ],
    ['value<4', 'http_reqs', 'value', /does not fit/, /`count`/],
    ['count>1', 'checks', 'count', /does not fit/, /`passes`/],
    ['growth<1', 'http_reqs', 'growth', /does not fit/, undefined],
    ['avg<1', 'vus', 'avg', /does not fit/, undefined],
    ['p(95)', 'http_req_duration', '', /operator has to follow/, undefined],
    ['p(95) 400', 'http_req_duration', ' 400', /operator has to follow/, undefined],
    ['p(95)=400', 'http_req_duration', '=', /no operator/, /`==`/],
    ['p(95)=<400', 'http_req_duration', '=<', /no operator/, /`<=`/],
    ['p(95) => 400', 'http_req_duration', '=>', /no operator/, /`>=`/],
    ['count!==0', 'http_reqs', '!==', /no operator/, /`!=`/],
    ['p(95)<', 'http_req_duration', '', /limit has to follow/, undefined],
    ['p(95)< over 30s', 'http_req_duration', 'o', /limit has to follow/, undefined],
    ['p(95)<fast', 'http_req_duration', 'fast', /number of milliseconds or a duration/, undefined],
    ['p(95)<400 && avg<200', 'http_req_duration', '400 && avg<200', /no limit/, /list/],
    ['p(95)<400,avg<200', 'http_req_duration', '400,avg<200', /no limit/, /list/],
    ['p(95)<1.5sec', 'http_req_duration', '1.5sec', /duration/, /`1.5`/],
    ['p(95)<5%', 'http_req_duration', '5%', /duration/, /`5`/],
    ['p(95)<1e999', 'http_req_duration', '1e999', /too large/, undefined],
    ['p(95)<100/s', 'http_req_duration', '100/s', /per second/, undefined],
    ['p(95)<=baseline^2', 'http_req_duration', 'baseline^2', /multiple/, /baseline\*1.1/],
    ['p(95)<=2+baseline', 'http_req_duration', '2+baseline', /multiple/, /baseline\+20/],
    ['p(95)<=baseline*0', 'http_req_duration', 'baseline*0', /leaves nothing/, undefined],
    ['p(95)<=baseline+5MB', 'http_req_duration', 'baseline+5MB', /duration/, /`5`/],
    ['rate>=baseline-5', 'checks', 'baseline-5', /0 to 1/, /`5%`/],
    ['count<=baseline over 30s', 'http_reqs', 'baseline', /whole run/, /window/],
    ['rate>99', 'checks', '99', /0 to 1/, /`99%`/],
    ['rate>=101%', 'checks', '101%', /0 to 1/, undefined],
    ['rate>-0.1', 'checks', '-0.1', /0 to 1/, undefined],
    ['rate<1s', 'http_req_failed', '1s', /share/, undefined],
    ['count<1s', 'http_reqs', '1s', /plain number/, /new Trend/],
    ['p(95)<500 over', 'http_req_duration', '', /length of the window/, /over 30s/],
    ['p(95)<500 over 30', 'http_req_duration', '30', /whole seconds/, /over 30s/],
    ['p(95)<500 over 500ms', 'http_req_duration', '500ms', /whole seconds/, /over 30s/],
    ['p(95)<500 over 1500ms', 'http_req_duration', '1500ms', /whole seconds/, /over 30s/],
    ['p(95)<500 over 0s', 'http_req_duration', '0s', /whole seconds/, /over 30s/],
    ['p(95)<500 over 30s please', 'http_req_duration', '30s please', /whole seconds/, /over 30s/],
    ['slope<1 over 30s', 'vus', ' over 30s', /whole run/, /slope<1/],
  ])('%s on %s', (text, metric, place, message, hint) => {
    const problem = refused(text, def(metric));
    expect(problem.message).toMatch(message);
    if (hint === undefined) expect(problem.hint).toBeUndefined();
    else expect(problem.hint).toMatch(hint);
    if (place !== '') expect(text.slice(problem.offset, problem.offset + problem.length)).toBe(place);
  });

  it.each(['p(95)<400 && avg<200', 'p(95)=400', 'p95<1', 'rate', 'count<', 'p(95)<500 over 3', 'p(95)', ''])(
    'points into the text or right behind it: %s',
    (text) => {
      const { offset, length } = refused(text, undefined);
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset).toBeLessThanOrEqual(text.length);
      expect(length).toBeGreaterThan(0);
    },
  );

  it('checks the syntax only where the metric is unknown', () => {
    expect(parseThreshold('rate>99%', undefined).ok).toBe(true);
    expect(parseThreshold('p(95)<1.5s', undefined).ok).toBe(true);
    expect(parseThreshold('count<10MB', undefined).ok).toBe(true);
    expect(refused('avrg<10', undefined).hint).toMatch(/`avg`/);
  });
});
