/** Snapshots as lines of a saved result, and back. */

import type { SeriesDelta, Snapshot } from '../../workers/record/types.ts';
import { SNAPSHOT_VERSION } from '../../workers/record/types.ts';
import type { ReportLine } from './format.ts';
import { decodeBuckets, encodeBuckets } from './hdr-codec.ts';

type DeltaOf<T extends SeriesDelta['type']> = Extract<SeriesDelta, { type: T }>;

function ofType<T extends SeriesDelta['type']>(deltas: readonly SeriesDelta[], type: T): DeltaOf<T>[] {
  return deltas.filter((delta): delta is DeltaOf<T> => delta.type === type);
}

function unlessEmpty<K extends string, V>(key: K, list: readonly V[]): Partial<Record<K, readonly V[]>> {
  return list.length === 0 ? {} : ({ [key]: list } as Record<K, readonly V[]>);
}

/** `digitsOf` tells the precision of a trend's series. */
export function toReportLine(snapshot: Snapshot, digitsOf: (series: number) => number): ReportLine {
  const { source, seq, fromMs, toMs, metrics, series, deltas, errors, warnings } = snapshot;
  return {
    kind: 'report',
    source,
    seq,
    fromMs,
    toMs,
    ...unlessEmpty('metrics', metrics),
    ...unlessEmpty('series', series),
    ...unlessEmpty(
      'trends',
      ofType(deltas, 'trend').map(
        ({ id, count, sum, sumOfSquares, min, max, buckets }) =>
          [id, count, sum, sumOfSquares, min, max, encodeBuckets(digitsOf(id), buckets)] as const,
      ),
    ),
    ...unlessEmpty(
      'counters',
      ofType(deltas, 'counter').map(({ id, sum, count }) => [id, sum, count] as const),
    ),
    ...unlessEmpty(
      'rates',
      ofType(deltas, 'rate').map(({ id, passes, fails }) => [id, passes, fails] as const),
    ),
    ...unlessEmpty(
      'gauges',
      ofType(deltas, 'gauge').map(({ id, value, min, max, atMs }) => [id, value, min, max, atMs] as const),
    ),
    ...unlessEmpty('errors', errors),
    ...unlessEmpty('warnings', warnings),
  };
}

export function toSnapshot(line: ReportLine): Snapshot {
  const { source, seq, fromMs, toMs } = line;
  const deltas: SeriesDelta[] = [
    ...(line.trends ?? []).map(([id, count, sum, sumOfSquares, min, max, hdr]) => {
      const { buckets } = decodeBuckets(hdr);
      return { id, type: 'trend', count, sum, sumOfSquares, min, max, buckets } as const;
    }),
    ...(line.counters ?? []).map(([id, sum, count]) => ({ id, type: 'counter', sum, count }) as const),
    ...(line.rates ?? []).map(([id, passes, fails]) => ({ id, type: 'rate', passes, fails }) as const),
    ...(line.gauges ?? []).map(
      ([id, value, min, max, atMs]) => ({ id, type: 'gauge', value, min, max, atMs }) as const,
    ),
  ];
  return {
    version: SNAPSHOT_VERSION,
    source,
    seq,
    fromMs,
    toMs,
    metrics: line.metrics ?? [],
    series: line.series ?? [],
    deltas,
    errors: line.errors ?? [],
    warnings: line.warnings ?? [],
  };
}
