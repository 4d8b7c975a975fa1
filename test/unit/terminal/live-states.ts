/** Live states with known content. */

import type { LiveScenario, LiveState } from '../../../runner/summary/model.ts';

export function scenario(changes: Partial<LiveScenario> = {}): LiveScenario {
  return {
    name: 'browse',
    executor: 'constant-vus',
    state: 'running',
    progress: 0.4,
    activeVUs: 50,
    maxVUs: 50,
    elapsedMs: 12_300,
    durationMs: 30_000,
    complete: 16_071,
    dropped: 0,
    ...changes,
  };
}

export function live(changes: Partial<LiveState> = {}): LiveState {
  return {
    script: 'checkout.ts',
    phase: 'running',
    elapsedMs: 12_300,
    durationMs: 30_000,
    scenarios: [scenario()],
    requestsPerSecond: 1607.3,
    requests: 19_768,
    iterationsPerSecond: 535.4,
    p95Ms: 142,
    failedRate: 0,
    iterationErrors: 0,
    thresholdsFailing: [],
    ...changes,
  };
}

/** Every column in use, names and thresholds too long for any window. */
export const BUSY: LiveState = live({
  script: '/home/ann/very/long/path/to/the/load/tests/of/the/shop/checkout.ts',
  scenarios: [
    scenario(),
    scenario({
      name: 'buy',
      executor: 'constant-arrival-rate',
      targetRate: 100,
      activeVUs: 17,
      maxVUs: 200,
      dropped: 12,
    }),
    scenario({ name: '購入する人たちのシナリオ', state: 'stopping', progress: 0.99 }),
    scenario({
      name: 'a-scenario-with-a-name-that-nobody-should-have-to-read',
      state: 'waiting',
      progress: 0,
      elapsedMs: -18_000,
      activeVUs: 0,
    }),
    scenario({ name: 'warm-up', state: 'done', progress: 1, iterations: 100, complete: 100 }),
  ],
  failedRate: 0.012,
  iterationErrors: 3,
  thresholdsFailing: [
    'http_req_duration{scenario:buy} p(99)<500',
    'checks rate>0.99',
    'http_req_failed rate<0.01',
    'orders count>10',
    'x\u001b[2Jy p(95)<1',
  ],
});
