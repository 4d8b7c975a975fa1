import { describe, expect, it } from 'vitest';
import { withCurrentHost } from '../../../dsl/current.ts';
import { Counter, Gauge, Rate, Trend } from '../../../dsl/custom-metrics.ts';
import { FakeHost } from '../../helpers/host.ts';

function inInit<T>(fn: () => T): { host: FakeHost; made: T } {
  const host = new FakeHost();
  return { host, made: withCurrentHost(host, fn) };
}

describe('custom metrics', () => {
  it('record what each type means', () => {
    const { host, made } = inInit(() => ({
      orders: new Counter('orders'),
      queue: new Gauge('queue'),
      hits: new Rate('hits'),
      wait: new Trend('wait', true),
    }));
    made.orders.add();
    made.orders.add(3);
    made.queue.add(12);
    made.hits.add('yes');
    made.hits.add(0);
    made.wait.add(1.5);
    expect(host.values('orders')).toEqual([1, 3]);
    expect(host.values('queue')).toEqual([12]);
    expect(host.values('hits')).toEqual([1, 0]);
    expect(host.values('wait')).toEqual([1.5]);
  });

  it("carry the VU's tags as they are at the time, and tags of the sample", () => {
    const { host, made } = inInit(() => new Counter('orders'));
    made.add(1, { region: 'eu' });
    host.setTag('plan', 'gold');
    made.add(1);
    expect(host.tagsOf('orders')).toEqual([
      { region: 'eu', scenario: 'default' },
      { plan: 'gold', scenario: 'default' },
    ]);
  });

  it('can only be made in module code', () => {
    expect(() => new Trend('late')).toThrow(/must stand in the script's module code/);
  });

  it.each(['', '1st', 'with space', 'a-b', 'x'.repeat(129)])("refuses the name '%s'", (name) => {
    expect(() => inInit(() => new Trend(name))).toThrow(/cannot be the name of a metric/);
  });

  it('leaves the names of built-in metrics alone', () => {
    expect(() => inInit(() => new Trend('http_req_duration'))).toThrow(/one of Brunt's own/);
  });
});
