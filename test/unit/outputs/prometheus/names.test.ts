import { describe, expect, test } from 'vitest';
import { BUILTIN_METRICS, M, type MetricDef } from '../../../../dsl/metrics.ts';
import { checkNames, familiesOf, LabelNames } from '../../../../runner/outputs/prometheus/names.ts';
import { floatText, scriptLabel } from '../../../../runner/outputs/prometheus/series.ts';
import { custom } from '../../thresholds/fake-aggregate.ts';

const names = (def: MetricDef): string[] => familiesOf(def).map(({ name }) => name);
const builtin = (name: keyof typeof M): MetricDef => BUILTIN_METRICS[M[name]] as MetricDef;

test.each([
  [builtin('http_req_duration'), ['brunt_http_req_duration_seconds']],
  [builtin('http_reqs'), ['brunt_http_reqs_total']],
  [builtin('data_sent'), ['brunt_data_sent_bytes_total']],
  [builtin('checks'), ['brunt_checks_true_total', 'brunt_checks_samples_total']],
  [builtin('vus'), ['brunt_vus']],
  [builtin('generator_memory'), ['brunt_generator_memory_bytes']],
  [custom('items', 'trend', 'none'), ['brunt_items']],
  [custom('wait_seconds', 'trend', 'ms'), ['brunt_wait_seconds']],
  [custom('orders_total', 'counter', 'count'), ['brunt_orders_total']],
  [custom('busy', 'counter', 'ms'), ['brunt_busy_seconds_total']],
])('$name', (def, expected) => {
  expect(names(def)).toEqual(expected);
});

test('no two built-in metrics share a name', () => {
  expect(() => checkNames(BUILTIN_METRICS)).not.toThrow();
});

test('metrics that would share a name are refused, all of them at once', () => {
  const clashing = [
    custom('orders', 'counter', 'count'),
    custom('orders_total', 'counter', 'count'),
    custom('wait', 'trend', 'ms'),
    custom('wait_seconds_count', 'gauge', 'none'),
  ];
  expect(() => checkNames(clashing)).toThrow(
    'The metric orders_total would be brunt_orders_total at Prometheus, a name that is of orders.\n' +
      'The metric wait_seconds_count would be brunt_wait_seconds_count at Prometheus, a name that is of wait.',
  );
});

describe('labels', () => {
  test('are what Prometheus allows, and never one that means something else', () => {
    const labels = new LabelNames();
    const made = ['status', 'my tag', 'größe', '2nd', '__x', 'le', 'run', ''].map((tag) => labels.of(tag));
    expect(made).toEqual(['status', 'my_tag', 'gr__e', 'tag_2nd', 'tag___x', 'tag_le', 'tag_run', 'tag_']);
  });

  test('of different tags differ', () => {
    const labels = new LabelNames();
    expect(['a.b', 'a-b', 'a_b', 'a.b'].map((tag) => labels.of(tag))).toEqual([
      'a_b',
      'a_b_2',
      'a_b_3',
      'a_b',
    ]);
  });
});

test('bounds are written as Go writes floats', () => {
  const written = [0, 1, 0.5, 0.0001, 0.00005, 100_000, 1_000_000, 1_500_000, Number.POSITIVE_INFINITY];
  expect(written.map(floatText)).toEqual([
    '0.0',
    '1.0',
    '0.5',
    '0.0001',
    '5e-05',
    '100000.0',
    '1e+06',
    '1.5e+06',
    '+Inf',
  ]);
});

test('a script has the same label wherever it is started from its folder', () => {
  expect(scriptLabel('./load/checkout.ts', '/home/a')).toBe('load/checkout.ts');
  expect(scriptLabel('/home/a/load/checkout.ts', '/home/a')).toBe('load/checkout.ts');
  expect(scriptLabel('../b/checkout.ts', '/home/a')).toBe('../b/checkout.ts');
});
