import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeHdr } from '../../../bench/lib/hdr.ts';
import { BUILTIN_METRICS, type MetricDef } from '../../../dsl/metrics.ts';
import { createAggregate } from '../../../runner/aggregate/aggregate.ts';
import { randomFrom } from '../../../runner/compare/bootstrap.ts';
import { mergeResults } from '../../../runner/merge/reports.ts';
import { decodeBuckets, encodeBuckets } from '../../../runner/results/hdr-codec.ts';
import { readLines } from '../../../runner/results/reader.ts';
import { loadResult } from '../../../runner/results/result.ts';
import { ResultWriter } from '../../../runner/results/writer.ts';
import type { Summary } from '../../../runner/summary/model.ts';
import { Histogram } from '../../../workers/record/histogram.ts';
import { encodeSnapshot } from '../../../workers/record/snapshot.ts';
import type { Snapshot } from '../../../workers/record/types.ts';

const DURATION = BUILTIN_METRICS.find(({ name }) => name === 'http_req_duration') as MetricDef;
const REQS = BUILTIN_METRICS.find(({ name }) => name === 'http_reqs') as MetricDef;
const FAILED = BUILTIN_METRICS.find(({ name }) => name === 'http_req_failed') as MetricDef;
const VUS = BUILTIN_METRICS.find(({ name }) => name === 'vus') as MetricDef;

function bucketsOf(histogram: Histogram): Float64Array {
  const pairs: number[] = [];
  histogram.forEachBucket((bucket, count) => pairs.push(bucket, count));
  return Float64Array.from(pairs);
}

/** One second of one worker. */
function snapshot(source: string, seq: number, values: readonly number[]): Snapshot {
  const histogram = new Histogram(3, 1000);
  for (const value of values) histogram.add(value);
  const { count, sum, sumOfSquares, min, max } = histogram;
  const first = seq === 1;
  const buckets = Uint32Array.from(bucketsOf(histogram));
  return {
    version: 1,
    source,
    seq,
    fromMs: (seq - 1) * 1000,
    toMs: seq * 1000,
    metrics: first ? [DURATION, REQS, FAILED, VUS] : [],
    series: first
      ? [DURATION, REQS, FAILED, VUS].map(({ name }, id) => ({
          id,
          metric: name,
          tags: [['name', 'GET /']] as const,
        }))
      : [],
    deltas: [
      { id: 0, type: 'trend', count, sum, sumOfSquares, min, max, buckets },
      { id: 1, type: 'counter', sum: count, count },
      { id: 2, type: 'rate', passes: 1, fails: count - 1 },
      { id: 3, type: 'gauge', value: 10 + seq, min: 10, max: 10 + seq, atMs: seq * 1000 },
    ],
    errors: first ? [{ label: 'GET /', code: 1220, message: 'reset', count: 2 }] : [],
    warnings: [],
  };
}

const SUMMARY = {
  schema: 'brunt/summary@1',
  run: { durationMs: 3000, script: 's.ts' },
} as unknown as Summary;

function dir(): string {
  const path = mkdtempSync(join(tmpdir(), 'brunt-result-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function save(file: string, snapshots: readonly Snapshot[]): void {
  const writer = new ResultWriter(file, 's.ts', (text) => expect.fail(text));
  for (const one of snapshots) writer.add(encodeSnapshot(one));
  writer.finishNow(SUMMARY);
}

function trace(): number[][] {
  const random = randomFrom(7);
  return Array.from({ length: 3 }, () => Array.from({ length: 400 }, () => 1 / (random() + 1e-4)));
}

describe('histograms in HDR V2', () => {
  test('go there and back exactly, in both precisions', () => {
    for (const digits of [2, 3] as const) {
      const random = randomFrom(digits);
      const histogram = new Histogram(digits, 1000);
      for (let i = 0; i < 2000; i++) histogram.add(10 ** (random() * 9 - 3));
      histogram.addTimes(0, 70_000);
      histogram.addTimes(5, 2 ** 40);
      const decoded = decodeBuckets(encodeBuckets(digits, bucketsOf(histogram)));
      expect(decoded.digits).toBe(digits);
      expect([...decoded.buckets]).toEqual([...bucketsOf(histogram)]);
    }
  });

  test('are what other tools write and read', async () => {
    const histogram = new Histogram(3, 1000);
    for (const value of [0, 0.5, 1, 1, 2.7, 900, 12_345.678]) histogram.add(value);
    const { decodeFromCompressedBase64 } = await import('hdr-histogram-js');
    const theirs = decodeFromCompressedBase64(encodeBuckets(3, bucketsOf(histogram)));
    expect(theirs.totalCount).toBe(7);
    expect(theirs.getValueAtPercentile(50)).toBe(1000);
    expect([...decodeBuckets(await encodeHdr(histogram)).buckets]).toEqual([...bucketsOf(histogram)]);
  });

  test.each(['', 'bm90IGEgaGlzdG9ncmFt', `${encodeBuckets(3, Uint32Array.of(5, 1)).slice(0, 30)}`])(
    'are refused where they are broken: %s',
    (text) => expect(() => decodeBuckets(text)).toThrow('a saved histogram cannot be read'),
  );
});

describe('a saved result', () => {
  test('gives every number that the run had', async () => {
    const file = join(dir(), 'r.brunt');
    const snapshots = trace().map((values, i) => snapshot('w0', i + 1, values));
    save(file, snapshots);
    const live = createAggregate(BUILTIN_METRICS);
    live.durationMs = 3000;
    for (const one of snapshots) live.apply(encodeSnapshot(one));
    const { aggregate, summary } = await loadResult(file);
    expect(summary).toEqual(SUMMARY);
    expect(aggregate.errors()).toEqual(live.errors());
    for (const [name, stats] of [
      ['http_req_duration', ['count', 'sum', 'avg', 'min', 'max', 'stdev', 'p(50)', 'p(99)', 'p(99.9)']],
      ['http_reqs', ['count', 'rate']],
      ['http_req_failed', ['rate', 'passes', 'fails']],
      ['vus', ['value', 'min', 'max']],
    ] as const) {
      const selector = { metric: name, tags: [] };
      for (const stat of stats)
        expect(aggregate.track(selector).stat(stat), `${name} ${stat}`).toBe(live.track(selector).stat(stat));
    }
  });

  test('has its seconds', async () => {
    const file = join(dir(), 'r.brunt');
    save(
      file,
      trace().map((values, i) => snapshot('w0', i + 1, values)),
    );
    const selector = { metric: 'http_req_duration', tags: [] };
    const seconds = (await loadResult(file, { intervals: [selector] })).intervals(selector);
    // The last of three is left out: it may have been cut short.
    expect(seconds?.map(({ histogram }) => histogram?.count)).toEqual([400, 400]);
  });

  test('bears its name only when it is complete', async () => {
    const file = join(dir(), 'r.brunt');
    const writer = new ResultWriter(file, 's.ts', () => undefined);
    writer.add(encodeSnapshot(snapshot('w0', 1, [1, 2, 3])));
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
    const reqs = async () =>
      (await loadResult(`${file}.partial`)).aggregate.track({ metric: 'http_reqs', tags: [] }).samples;
    await expect.poll(reqs).toBe(3);
    const partial = await loadResult(`${file}.partial`);
    expect(partial.summary).toBeUndefined();
    expect(partial.aggregate.track({ metric: 'http_reqs', tags: [] }).stat('count')).toBe(3);
    await writer.finish(SUMMARY);
    expect(statSync(`${file}.partial`, { throwIfNoEntry: false })).toBeUndefined();
    expect((await loadResult(file)).summary).toEqual(SUMMARY);
  });

  test('that was cut anywhere gives what is whole', async () => {
    const file = join(dir(), 'r.brunt');
    save(
      file,
      trace().map((values, i) => snapshot('w0', i + 1, values)),
    );
    const whole = readFileSync(file);
    for (const share of [0.3, 0.6, 0.9]) {
      writeFileSync(file, whole);
      truncateSync(file, Math.floor(whole.length * share));
      const { summary, aggregate } = await loadResult(file);
      expect(summary).toBeUndefined();
      const count = aggregate.track({ metric: 'http_reqs', tags: [] }).stat('count') ?? 0;
      expect(count % 400, `cut at ${share}`).toBe(0);
    }
  });

  test('that was cut at any byte gives every line that is whole', async () => {
    const file = join(dir(), 'r.brunt');
    save(file, [snapshot('w0', 1, [1, 2]), snapshot('w0', 2, [3])]);
    const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
    const members = lines.map((line) => gzipSync(`${line}\n`));
    const whole = Buffer.concat(members);
    const ends = members.map((_, i) => Buffer.concat(members.slice(0, i + 1)).length);
    const read = async (): Promise<number> => {
      let count = 0;
      for await (const _ of readLines(file)) count++;
      return count;
    };
    for (let length = 1; length <= whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      const complete = ends.filter((end) => end <= length).length;
      // The 8 bytes behind a line hold its check sum: without them it is read, too.
      const most = ends.filter((end) => end - 9 <= length).length;
      const count = await read().catch((error: unknown) => {
        expect(error).toMatchObject({ exitCode: 104 });
        return 0;
      });
      expect(count, `cut at ${length}`).toBeGreaterThanOrEqual(complete);
      expect(count, `cut at ${length}`).toBeLessThanOrEqual(most);
    }
  });

  test('that a power cut left with zeros behind it gives what stands before them', async () => {
    const file = join(dir(), 'r.brunt');
    save(file, [snapshot('w0', 1, [1, 2])]);
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(5000)]));
    expect((await loadResult(file)).summary).toEqual(SUMMARY);
  });

  test('with lines of kinds that are not known is read without them', async () => {
    const file = join(dir(), 'r.brunt');
    save(file, [snapshot('w0', 1, [1, 2])]);
    const lines = gunzipSync(readFileSync(file)).toString();
    writeFileSync(file, gzipSync(lines.replace('\n', '\n{"kind":"later","x":1}\n')));
    expect((await loadResult(file)).aggregate.track({ metric: 'http_reqs', tags: [] }).stat('count')).toBe(2);
  });

  test.each([
    ['no gzip', Buffer.from('{"schema":"brunt/result@1"}\n')],
    ['something else in gzip', gzipSync('hello\n')],
    ['a later version', gzipSync('{"kind":"head","schema":"brunt/result@9"}\n')],
    [
      'a line of another shape',
      gzipSync(
        '{"kind":"head","schema":"brunt/result@1"}\n{"kind":"report","source":"w0","seq":1,"fromMs":0,"toMs":1000,"trends":[1]}\n',
      ),
    ],
    [
      'a series that was never announced',
      gzipSync(
        '{"kind":"head","schema":"brunt/result@1"}\n{"kind":"report","source":"w0","seq":1,"fromMs":0,"toMs":1000,"counters":[[7,1,1]]}\n',
      ),
    ],
    ['nothing', Buffer.alloc(0)],
  ])('is refused where it is none: %s', async (_, bytes) => {
    const file = join(dir(), 'r.brunt');
    writeFileSync(file, bytes);
    await expect(loadResult(file)).rejects.toThrow('cannot be read as a saved result');
    await expect(loadResult(file)).rejects.toMatchObject({ exitCode: 104 });
  });

  test('that is not there is refused', async () => {
    await expect(loadResult(join(dir(), 'none'))).rejects.toThrow('no such file');
  });
});

test('results of two machines merge into what one run would have had', async () => {
  const path = dir();
  const seconds = trace();
  const half = (keep: 0 | 1) =>
    seconds.map((values, i) =>
      snapshot(
        'w0',
        i + 1,
        values.filter((_, n) => n % 2 === keep),
      ),
    );
  save(join(path, 'a'), half(0));
  save(join(path, 'b'), half(1));
  const merged = await mergeResults([join(path, 'a'), join(path, 'b')]);
  const selector = { metric: 'http_req_duration', tags: [] };
  const one = new Histogram(3, 1000);
  for (const value of seconds.flat()) one.add(value);
  const state = merged.track(selector);
  for (const p of [1, 50, 90, 95, 99, 99.9]) expect(state.stat(`p(${p})`)).toBe(one.percentile(p));
  expect(state.stat('count')).toBe(1200);
  expect([state.stat('min'), state.stat('max')]).toEqual([one.min, one.max]);
  expect(state.stat('sum')).toBeCloseTo(one.sum, 6);
  expect(merged.durationMs).toBe(3000);
  // Each machine had its own users.
  expect(merged.track({ metric: 'vus', tags: [] }).stat('value')).toBe(26);
  expect(merged.track({ metric: 'http_reqs', tags: [] }).stat('count')).toBe(1200);
});
