/** Experiment 6, without a network: percentiles of workers together are those of all samples, not an average. */

import { Histogram } from '../../workers/record/histogram.ts';
import { encodeHdr } from '../lib/hdr.ts';
import { count, type Experiment, quantile, time } from './rows.ts';

const DIGITS = 3;
const UNITS_PER_MS = 1000;

function histogramOf(times: readonly number[]): Histogram {
  const histogram = new Histogram(DIGITS, UNITS_PER_MS);
  for (const ms of times) histogram.add(ms);
  return histogram;
}

function merged(parts: readonly (readonly number[])[]): Histogram {
  const all = new Histogram(DIGITS, UNITS_PER_MS);
  for (const part of parts) all.merge(histogramOf(part));
  return all;
}

const from = (first: number, length: number): number[] => Array.from({ length }, (_, i) => first + i);
const times = (ms: number, length: number): number[] => Array.from({ length }, () => ms);

function dealt(trace: readonly number[], workers: number): number[][] {
  return Array.from({ length: workers }, (_, worker) => trace.filter((_, i) => i % workers === worker));
}

export const merge: Experiment = {
  name: 'merge',
  title: 'Merge of workers (experiment 6)',
  async run() {
    const halves = [from(1, 1000), from(1001, 1000)];
    const uneven = [times(10, 9900), times(1000, 100)];
    const rows = [
      ...[50, 95, 99].map((p) =>
        time(`1..1000 and 1001..2000 p(${p})`, quantile(halves.flat(), p), merged(halves).percentile(p), 0),
      ),
      ...[99, 99.5].map((p) =>
        time(
          `9,900 x 10 and 100 x 1000 p(${p})`,
          quantile(uneven.flat(), p),
          merged(uneven).percentile(p),
          0,
        ),
      ),
    ];
    const trace = Array.from({ length: 20_000 }, (_, i) => 0.2 + ((i * 7919) % 100_003) / 50);
    const whole = await encodeHdr(histogramOf(trace));
    for (const workers of [2, 4, 8]) {
      const same = (await encodeHdr(merged(dealt(trace, workers)))) === whole;
      rows.push(count(`${workers} workers: encoded alike (1 yes)`, 1, Number(same)));
    }
    return rows;
  },
};
