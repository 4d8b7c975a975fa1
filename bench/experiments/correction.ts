/** Experiment 2, without a network: what a closed loop with one long stall would have missed. */

import { Histogram } from '../../workers/record/histogram.ts';
import { count, type Experiment, quantile, time } from './rows.ts';

const SHORT = 10_000;
const STALL_MS = 100_000;
const INTERVAL_MS = 10;

export const correction: Experiment = {
  name: 'correction',
  title: 'Correction of a stalled closed loop (experiment 2)',
  run() {
    const raw = new Histogram(3, 1000);
    raw.addTimes(1, SHORT);
    raw.add(STALL_MS);
    const corrected = raw.correctedFor(INTERVAL_MS);
    const shortOnes = Array.from({ length: SHORT }, () => 1);
    // In a stall one sample per interval is missing, each shorter by the interval than the one before.
    const missed = Array.from({ length: STALL_MS / INTERVAL_MS }, (_, i) => (i + 1) * INTERVAL_MS);
    const model = [...shortOnes, ...missed];
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    return Promise.resolve([
      count('raw count', SHORT + 1, raw.count),
      time('raw p(99)', 1, raw.percentile(99), 0),
      time('raw mean', mean([...shortOnes, STALL_MS]), raw.mean, 0),
      count('corrected count', model.length, corrected.count),
      ...[50, 75, 90, 99, 99.9].map((p) =>
        time(`corrected p(${p})`, quantile(model, p), corrected.percentile(p), 0),
      ),
      time('corrected max', STALL_MS, corrected.max, 0),
      time('corrected mean', mean(model), corrected.mean, 0),
    ]);
  },
};
