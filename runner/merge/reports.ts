/**
 * The reports of several results as those of one run: by time, as they would have come in, since seconds of gauges close
 * when a later one begins. Every source keeps its name behind the place of its file, so that gauges of different machines
 * stay apart.
 */

import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import type { RequestTraces } from '../../dsl/request-trace.ts';
import type { Snapshot } from '../../workers/record/types.ts';
import { createAggregate } from '../aggregate/aggregate.ts';
import type { Aggregate } from '../aggregate/types.ts';
import { readLines } from '../results/reader.ts';
import { applyTo, snapshotOf } from '../results/result.ts';

export interface MergedReport {
  readonly file: string;
  readonly snapshot: Snapshot;
  /** Traced requests that its file holds since the report before. */
  readonly traces: readonly RequestTraces[];
}

async function* reportsOf(file: string, place: number): AsyncGenerator<MergedReport> {
  let traces: RequestTraces[] = [];
  for await (const line of readLines(file)) {
    if (line.kind === 'traces') traces.push({ slowest: line.slowest, failed: line.failed });
    if (line.kind !== 'report') continue;
    const snapshot = snapshotOf(file, line);
    yield { file, snapshot: { ...snapshot, source: `${place}/${snapshot.source}` }, traces };
    traces = [];
  }
}

export async function* mergedReports(files: readonly string[]): AsyncGenerator<MergedReport> {
  const streams = files.map(reportsOf);
  const heads = await Promise.all(streams.map((stream) => stream.next()));
  for (;;) {
    let first = -1;
    for (const [i, head] of heads.entries()) {
      if (head.done === true) continue;
      const best = heads[first];
      if (best === undefined || best.done === true || head.value.snapshot.toMs < best.value.snapshot.toMs)
        first = i;
    }
    if (first < 0) return;
    yield (heads[first] as IteratorYieldResult<MergedReport>).value;
    heads[first] = await (streams[first] as AsyncGenerator<MergedReport>).next();
  }
}

/** The aggregate that a single run would have had; `durationMs` reaches as far as the reports do. */
export async function mergeResults(files: readonly string[]): Promise<Aggregate> {
  const aggregate = createAggregate(BUILTIN_METRICS);
  for await (const { file, snapshot } of mergedReports(files)) {
    aggregate.durationMs = Math.max(aggregate.durationMs, snapshot.toMs);
    applyTo(aggregate, file, snapshot);
  }
  return aggregate;
}
