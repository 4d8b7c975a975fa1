import { Counter, check, group, Trend } from 'brunt';

export const options = {
  iterations: 1,
  vus: 1,
  thresholds: { 'mine{kind:a}': ['avg>=0'], iteration_errors: ['rate<1'] },
};

const counter = new Counter('things');
const trend = new Trend('mine', true);
const CALLS = 200_000;
const ROUNDS = 7;

/** Nanoseconds per call: the median of rounds that take turns. */
export default async function () {
  const value = { status: 200 };
  const subjects: Record<string, () => unknown> = {
    'an empty call': () => undefined,
    'a check of one condition': () => check(value, { ok: (v) => v.status === 200 }),
    'a check more in the same call': () =>
      check(value, { ok: (v) => v.status === 200, fine: (v) => v.status > 0 }),
    'Counter.add': () => counter.add(1),
    'Trend.add': () => trend.add(12.5),
    'Trend.add with a tag nobody selects': () => trend.add(12.5, { user: 'u1' }),
    'Trend.add with the tag of a sub-metric': () => trend.add(12.5, { kind: 'a' }),
  };
  const nanos = new Map<string, number[]>(Object.keys(subjects).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, call] of Object.entries(subjects)) {
      const from = performance.now();
      for (let i = 0; i < CALLS; i++) call();
      const each = ((performance.now() - from) * 1e6) / CALLS;
      if (round > 0) nanos.get(name)?.push(each);
    }
  }
  const awaited = {
    'an awaited empty function': async () => undefined,
    'a group around it': () => group('g', async () => undefined),
  };
  for (const [name, call] of Object.entries(awaited)) {
    nanos.set(name, []);
    for (let round = 0; round <= ROUNDS; round++) {
      const from = performance.now();
      for (let i = 0; i < CALLS / 10; i++) await call();
      if (round > 0) nanos.get(name)?.push(((performance.now() - from) * 1e6) / (CALLS / 10));
    }
  }
  for (const [name, rounds] of nanos) {
    const median = rounds.sort((a, b) => a - b)[rounds.length >> 1] as number;
    console.log(`${name.padEnd(40)} ${median.toFixed(0).padStart(7)} ns`);
  }
}
