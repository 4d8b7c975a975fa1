import { afterEach, expect, it, vi } from 'vitest';
import type { Output, SampleBatch } from '../../../runner/outputs/output.ts';
import { SampleLane } from '../../../runner/outputs/sample-lane.ts';

function batchOf(count: number): SampleBatch {
  return {
    count,
    table: [],
    series: new Uint32Array(count),
    times: new Float64Array(count),
    values: new Float64Array(count),
    urls: new Uint32Array(count),
    urlTable: [],
  };
}

function laneTo(samples: (batch: SampleBatch) => Promise<void>) {
  const told: string[] = [];
  const output: Output = { name: 'test', open: async () => undefined, close: async () => undefined, samples };
  return { lane: new SampleLane(output, (reason) => told.push(reason)), told };
}

afterEach(() => {
  vi.useRealTimers();
});

it('tells of an output that has taken nothing for ten seconds', async () => {
  vi.useFakeTimers();
  const { lane, told } = laneTo(() => new Promise(() => undefined));
  lane.offer(batchOf(3));
  await vi.advanceTimersByTimeAsync(9000);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(told).toEqual(['it has taken nothing for 10 s']);
  lane.end();
  expect(lane.lost).toBe(3);
});

it('passes batches on in their order, one at a time', async () => {
  const seen: number[] = [];
  let open = 0;
  const { lane } = laneTo(async ({ count }) => {
    expect(++open).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(count);
    open--;
  });
  for (const count of [3, 1, 0, 2]) lane.offer(batchOf(count));
  await lane.drained();
  lane.end();
  expect(seen).toEqual([3, 1, 2]);
  expect([lane.written, lane.lost, lane.problem]).toEqual([6, 0, undefined]);
});

it('counts what is refused, tells of it once, and goes on', async () => {
  const { lane, told } = laneTo(async ({ count }) => {
    if (count !== 5) throw new Error('the disk is full');
  });
  for (const count of [5, 7, 11, 5]) lane.offer(batchOf(count));
  await lane.drained();
  lane.end();
  expect([lane.written, lane.lost, lane.problem]).toEqual([10, 18, 'the disk is full']);
  expect(told).toEqual(['the disk is full']);
});

it('holds a bounded number of batches for an output that takes none, and counts the rest', async () => {
  let calls = 0;
  const { lane, told } = laneTo(() => {
    calls++;
    return new Promise(() => undefined);
  });
  for (let i = 0; i < 2000; i++) lane.offer(batchOf(4096));
  expect(told).toEqual(['it is slower than the samples come in']);
  expect(lane.lost).toBeGreaterThan(1500 * 4096);
  lane.end();
  expect([calls, lane.written, lane.lost]).toEqual([1, 0, 2000 * 4096]);
});
