import { describe, expect, test } from 'vitest';
import { formatFor, renderMetrics } from '../../../../runner/outputs/prometheus/exposition.ts';
import { RunSeries } from '../../../../runner/outputs/prometheus/series.ts';
import { promtool } from '../../../helpers/prometheus.ts';
import { type Add, madeRun, Recorded } from './recorded.ts';

function recorded(measure: (add: Add) => void): RunSeries {
  const series = new RunSeries(madeRun(), { timeBounds: [0.1, 0.5], cwd: '/home/a' });
  series.keep(new Recorded().second(measure).batch);
  return series;
}

const SAMPLE = (add: Add): void => {
  const tags = { scenario: 'buy', name: 'say "hi"\\\n', method: 'GET' };
  add('http_reqs', 1, tags);
  add('http_reqs', 1, tags);
  add('http_req_duration', 50, tags);
  add('http_req_duration', 700, tags);
  add('checks', 1, { check: 'fine' });
  add('checks', 0, { check: 'fine' });
  add('generator_memory', 1000);
};

test('the text format', () => {
  expect(renderMetrics(recorded(SAMPLE).all, 'text')).toMatchInlineSnapshot(`
    "# TYPE brunt_run_info gauge
    # HELP brunt_run_info A run: always 1.
    brunt_run_info{run="abc123",script="checkout.ts",version="1.0.0"} 1
    # TYPE brunt_run_elapsed_seconds gauge
    # HELP brunt_run_elapsed_seconds Time since the load began, up to which the other numbers count.
    brunt_run_elapsed_seconds{run="abc123"} 1
    # TYPE brunt_http_req_duration_seconds histogram
    # HELP brunt_http_req_duration_seconds http_req_duration, a trend.
    brunt_http_req_duration_seconds_bucket{method="GET",name="say \\"hi\\"\\\\\\n",run="abc123",scenario="buy",le="0.1"} 1
    brunt_http_req_duration_seconds_bucket{method="GET",name="say \\"hi\\"\\\\\\n",run="abc123",scenario="buy",le="0.5"} 1
    brunt_http_req_duration_seconds_bucket{method="GET",name="say \\"hi\\"\\\\\\n",run="abc123",scenario="buy",le="+Inf"} 2
    brunt_http_req_duration_seconds_sum{method="GET",name="say \\"hi\\"\\\\\\n",run="abc123",scenario="buy"} 0.75
    brunt_http_req_duration_seconds_count{method="GET",name="say \\"hi\\"\\\\\\n",run="abc123",scenario="buy"} 2
    # TYPE brunt_http_reqs_total counter
    # HELP brunt_http_reqs_total http_reqs, a counter.
    brunt_http_reqs_total{method="GET",name="say \\"hi\\"\\\\\\n",run="abc123",scenario="buy"} 2
    # TYPE brunt_checks_true_total counter
    # HELP brunt_checks_true_total checks, a rate: what it counts.
    brunt_checks_true_total{check="fine",run="abc123"} 1
    # TYPE brunt_checks_samples_total counter
    # HELP brunt_checks_samples_total checks, a rate: all samples.
    brunt_checks_samples_total{check="fine",run="abc123"} 2
    # TYPE brunt_generator_memory_bytes gauge
    # HELP brunt_generator_memory_bytes generator_memory, a gauge.
    brunt_generator_memory_bytes{run="abc123"} 1000
    "
  `);
});

test('OpenMetrics names counters without their suffix, tells units, and ends', () => {
  const text = renderMetrics(recorded(SAMPLE).all, 'openmetrics');
  expect(text).toContain('# TYPE brunt_http_reqs counter\n');
  expect(text).toContain('# UNIT brunt_http_req_duration_seconds seconds\n');
  expect(text).toContain('\nbrunt_http_reqs_total{method="GET"');
  expect(text.endsWith('\n# EOF\n')).toBe(true);
});

test('promtool finds the text right', async (context) => {
  const text = renderMetrics(recorded(SAMPLE).all, 'text');
  const { code, output } = await promtool(context, ['check', 'metrics'], text);
  expect(code, output).toBe(0);
});

test('totals stay while nothing changes', () => {
  const run = new Recorded();
  const series = new RunSeries(madeRun(), { timeBounds: undefined, cwd: '/' });
  series.keep(run.second((add) => add('http_reqs', 5, { scenario: 'a' })).batch);
  series.keep(run.second((add) => add('http_reqs', 2, { scenario: 'b' })).batch);
  const text = renderMetrics(series.all, 'text');
  expect(text).toContain('brunt_http_reqs_total{run="abc123",scenario="a"} 5\n');
  expect(text).toContain('brunt_http_reqs_total{run="abc123",scenario="b"} 2\n');
  expect(text).toContain('brunt_run_elapsed_seconds{run="abc123"} 2\n');
});

describe('what a scraper accepts', () => {
  const OF_PROMETHEUS =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  test.each([
    [undefined, 'text'],
    ['*/*', 'text'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
    [OF_PROMETHEUS, 'openmetrics'],
    ['text/plain;version=0.0.4', 'text'],
    ['application/openmetrics-text;version=0.0.1', 'text'],
    ['application/openmetrics-text;q=0.1,text/plain', 'text'],
  ])('%s', (accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });
});
