/**
 * What recording costs:
 *
 *     node --expose-gc --import ./bench/lib/typescript.mjs bench/record.mjs
 *
 * Prints nanoseconds per call, as such and as a multiple of a bare array increment, then the cost of a flush and the
 * bytes per series. Each number is the median of interleaved rounds, so that a busy machine disturbs all of them alike;
 * compare the multiples, not the nanoseconds.
 */

import { performance } from 'node:perf_hooks';
import { M } from '../dsl/metrics.ts';
import { ThreadRecorder } from '../workers/record/recorder.ts';

const CALLS = 2_000_000;
const ROUNDS = 9;

const values = Float64Array.from(
  { length: 4096 },
  (_, i) => 5 + 50 * (((i * 2654435761) >>> 0) / 2 ** 32) ** 3,
);
const bare = new Float64Array(4096);

const recorder = new ThreadRecorder();
const tags = recorder.root
  .with('scenario', 'default')
  .with('name', '/products')
  .with('method', 'GET')
  .with('status', '200');
const [trend, counter, rate, gauge] = [M.http_req_duration, M.http_reqs, M.http_req_failed, M.vus].map(
  (metric) => recorder.series(metric, tags),
);

/** One loop function per subject, so that each call site sees one class, as the verbs' call sites do. */
const loop = (body) =>
  // Loops that differ in their body only, without a call in between.
  // oxlint-disable-next-line typescript/no-implied-eval
  new Function('values', 'subject', 'calls', `for (let i = 0; i < calls; i++) { ${body} }`);

const subjects = [
  ['array increment', loop('subject[i & 4095] += values[i & 4095];'), bare],
  ['trend.add', loop('subject.add(values[i & 4095]);'), trend],
  ['counter.add', loop('subject.add(1);'), counter],
  ['rate.add', loop('subject.add(i & 1);'), rate],
  ['gauge.add', loop('subject.add(i & 127);'), gauge],
  [
    'series() + add',
    loop('subject.recorder.series(subject.metric, subject.tags).add(1);'),
    { recorder, metric: M.http_reqs, tags },
  ],
  ['with() of 2 known tags', loop("subject.with('name', '/products').with('status', '200');"), recorder.root],
];

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

const nanos = new Map(subjects.map(([name]) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, run, subject] of subjects) {
    const start = performance.now();
    run(values, subject, CALLS);
    const perCall = ((performance.now() - start) * 1e6) / CALLS;
    if (round > 0) nanos.get(name).push(perCall);
  }
}
const unit = median(nanos.get('array increment'));
for (const [name, samples] of nanos) {
  const ns = median(samples);
  console.log(`${name.padEnd(24)} ${ns.toFixed(1).padStart(8)} ns ${(ns / unit).toFixed(1).padStart(8)} x`);
}

const flushes = [];
for (let round = 0; round < ROUNDS; round++) {
  for (let i = 0; i < 1000; i++) trend.add(values[i]);
  const start = performance.now();
  const bytes = recorder.flush('w0', round + 1, 0, 1000);
  flushes.push([performance.now() - start, bytes.byteLength]);
}
console.log(
  `\nflush of one trend with 1,000 samples: ${(median(flushes.map(([ms]) => ms)) * 1000).toFixed(0)} µs, ${median(flushes.map(([, bytes]) => bytes))} bytes`,
);

if (globalThis.gc === undefined) {
  console.log('bytes per series: run with --expose-gc');
} else {
  const used = () => {
    globalThis.gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  for (const samples of [1, 10, 1000]) {
    const fresh = new ThreadRecorder();
    const sets = Array.from({ length: 1000 }, (_, i) => fresh.root.with('name', `/${i}`));
    const before = used();
    for (const set of sets) {
      const series = fresh.series(M.http_req_duration, set);
      for (let i = 0; i < samples; i++) series.add(values[i]);
    }
    const bytes = (used() - before) / sets.length;
    fresh.flush('w0', 1, 0, 1000);
    console.log(`bytes per trend series of ${String(samples).padStart(4)} samples: ${bytes.toFixed(0)}`);
  }
}
