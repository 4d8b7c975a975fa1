import { expect, test } from 'vitest';
import { md1, percentile } from '../../../bench/experiments/md1.ts';
import { CapacitySearch } from '../../../runner/capacity/search.ts';

const SERVICE_MS = 2;
/** A window of 10 s, after half a second of warm-up. */
const WINDOW_S = 10;

test('the simulated queue has the mean wait of M/D/1', () => {
  for (const rho of [0.5, 0.8, 0.9]) {
    const times = md1((1000 * rho) / SERVICE_MS, SERVICE_MS, 1_000_000, 3, 10_000);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    const known = SERVICE_MS + (rho * SERVICE_MS) / (2 * (1 - rho));
    expect(mean / known).toBeGreaterThan(0.97);
    expect(mean / known).toBeLessThan(1.03);
  }
});

/** The share of searches whose rate is within 5 % of that at which p(95) of M/D/1 meets the limit. */
function hits(rho: number, searches: number): number {
  const rate = (1000 * rho) / SERVICE_MS;
  const limit = percentile(md1(rate, SERVICE_MS, 1_000_000, 5, 10_000), 95);
  let within = 0;
  for (let n = 1; n <= searches; n++) {
    const search = new CapacitySearch({ startRate: 100, maxRate: 2000, precision: 0.03 });
    let probe = 0;
    for (let step = search.next(); step.kind === 'probe'; step = search.next()) {
      probe++;
      const count = Math.round(step.rate * WINDOW_S);
      const times = md1(step.rate, SERVICE_MS, count, 1000 * n + probe, Math.round(step.rate / 2));
      const value = percentile(times, 95);
      search.report({ held: value < limit, clear: value >= 1.5 * limit || value * 1.5 <= limit });
    }
    if (Math.abs((search.bracket.held ?? 0) / rate - 1) <= 0.05) within++;
  }
  return within / searches;
}

test.each([0.8, 0.85, 0.9])('finds the rate of M/D/1 at %d of its capacity', (rho) => {
  expect(hits(rho, 40)).toBeGreaterThanOrEqual(0.9);
});
