/** Saved results with made-up measurements, as `--save` would have written them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import { randomFrom } from '../../runner/compare/bootstrap.ts';
import { ResultWriter } from '../../runner/results/writer.ts';
import type { Summary } from '../../runner/summary/model.ts';
import { Histogram } from '../../workers/record/histogram.ts';
import { encodeSnapshot } from '../../workers/record/snapshot.ts';

const DEFS = ['http_req_duration', 'http_req_failed'].map((name) => {
  const def = BUILTIN_METRICS.find((metric) => metric.name === name);
  if (def === undefined) throw new Error(name);
  return def;
});

const TAGS = [['scenario', 'default']] as const;

export interface RunShape {
  readonly medianMs?: number;
  readonly failed?: number;
  readonly seconds?: number;
  readonly perSecond?: number;
  readonly seed?: number;
  readonly run?: Partial<Summary['run']>;
  readonly executor?: string;
  readonly rate?: number;
  readonly valid?: boolean;
  /** Of the summary; what was measured does not show in it. */
  readonly metrics?: Summary['metrics'];
}

/** Gone with the test. */
export function resultFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'brunt-compare-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A run whose response times lie around a median, saved as `--save` would. */
export function saveRun(file: string, shape: RunShape = {}): string {
  const { medianMs = 100, failed = 0, seconds = 3, perSecond = 100, seed = 1 } = shape;
  const random = randomFrom(seed);
  const writer = new ResultWriter(file, 's.ts', (text) => expect.fail(text));
  for (let second = 0; second < seconds; second++) {
    const histogram = new Histogram(3, 1000);
    for (let i = 0; i < perSecond; i++) histogram.add(medianMs * (0.8 + 0.4 * random()));
    const pairs: number[] = [];
    histogram.forEachBucket((bucket, count) => pairs.push(bucket, count));
    const { count, sum, sumOfSquares, min, max } = histogram;
    const fails = Math.round(perSecond * failed);
    writer.add(
      encodeSnapshot({
        version: 1,
        source: 'w0',
        seq: second + 1,
        fromMs: second * 1000,
        toMs: (second + 1) * 1000,
        metrics: second === 0 ? DEFS : [],
        series: second === 0 ? DEFS.map(({ name }, id) => ({ id, metric: name, tags: TAGS })) : [],
        deltas: [
          { id: 0, type: 'trend', count, sum, sumOfSquares, min, max, buckets: Uint32Array.from(pairs) },
          { id: 1, type: 'rate', passes: fails, fails: perSecond - fails },
        ],
        errors: [],
        warnings: [],
      }),
    );
  }
  const { executor = 'constant-arrival-rate', rate = 100, run = {}, valid = true, metrics = {} } = shape;
  writer.finishNow({
    schema: 'brunt/summary@1',
    run: {
      script: 's.ts',
      durationMs: seconds * 1000,
      verdict: 'passed',
      reasons: [],
      version: '1.0.0',
      node: '20.20.0',
      workers: 2,
      ...run,
    },
    options: { scenarios: { default: { executor, rate } } },
    scenarios: { default: { executor, iterations: 1, failed: 0, interrupted: 0, dropped: 0 } },
    metrics,
    generator: { valid },
  } as unknown as Summary);
  return file;
}
