import { expect, test } from 'vitest';
import type { SampleBatch } from '../../../runner/outputs/output.ts';
import { SampleReader } from '../../../runner/outputs/sample-reader.ts';
import { OwnGaugeRecorder } from '../../../runner/run/own-gauges.ts';
import { decodeSnapshot } from '../../../workers/record/snapshot.ts';

test('what only the main thread finds out is among the samples', () => {
  const reader = new SampleReader(0);
  const startedAt = new Date('2026-01-02T03:04:05Z');
  const batches: SampleBatch[] = [];
  const own = new OwnGaugeRecorder((bytes) => {
    batches.push(reader.gaugesOf(decodeSnapshot(bytes), startedAt));
  });
  own.gauge('capacity_rate', [['scenario', 'find']], 120, 1500);
  own.gauge('capacity_rate', [['scenario', 'find']], 240, 2500);
  expect(
    batches.map(({ count, table, series, times, values }) => [
      count,
      table[series[0] as number]?.def.name,
      table[series[0] as number]?.tags,
      times[0],
      values[0],
    ]),
  ).toEqual([
    [1, 'capacity_rate', new Map([['scenario', 'find']]), startedAt.getTime() + 1500, 120],
    [1, 'capacity_rate', new Map([['scenario', 'find']]), startedAt.getTime() + 2500, 240],
  ]);
});
