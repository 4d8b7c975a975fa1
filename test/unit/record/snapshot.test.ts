import { expect, test } from 'vitest';
import { EXIT } from '../../../dsl/errors.ts';
import { BUILTIN_METRICS, M } from '../../../dsl/metrics.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';
import { decodeSnapshot, encodeSnapshot, SnapshotError } from '../../../workers/record/snapshot.ts';
import type { SeriesDelta, Snapshot } from '../../../workers/record/types.ts';
import { SnapshotWriter } from '../../../workers/record/writer.ts';

const DELTAS: readonly SeriesDelta[] = [
  {
    id: 0,
    type: 'trend',
    count: 5,
    sum: 7.25,
    sumOfSquares: 20,
    min: -1,
    max: 4,
    buckets: new Uint32Array([0, 2, 4000, 3]),
  },
  {
    id: 7,
    type: 'trend',
    count: 1,
    sum: 1,
    sumOfSquares: 1,
    min: 1,
    max: 1,
    buckets: new Uint32Array([9, 1]),
  },
  { id: 3, type: 'counter', sum: 0.1, count: 1 },
  { id: 4, type: 'rate', passes: 1, fails: 2 },
  { id: 5, type: 'gauge', value: 1, min: -2, max: 3, atMs: 999.5 },
];

const SNAPSHOT: Snapshot = {
  version: 1,
  source: 'agent-1/w0',
  seq: 42,
  fromMs: 1000.25,
  toMs: 2001.5,
  metrics: BUILTIN_METRICS.slice(0, 2),
  series: [{ id: 0, metric: 'http_req_duration', tags: [['name', 'ünïcode 🚀 "quoted"\n']] }],
  deltas: DELTAS,
  errors: [{ label: 'GET /', code: 1220, message: 'réset', stack: 'at a.ts:1:2', count: 3 }],
  warnings: ['careful'],
};

test('what was encoded is decoded', () => {
  expect(decodeSnapshot(encodeSnapshot(SNAPSHOT))).toEqual(SNAPSHOT);
});

test('an empty snapshot is one too', () => {
  const empty: Snapshot = { ...SNAPSHOT, metrics: [], series: [], deltas: [], errors: [], warnings: [] };
  expect(decodeSnapshot(encodeSnapshot(empty))).toEqual(empty);
});

test('text of any length leaves the numbers aligned', () => {
  for (let length = 0; length < 20; length++) {
    const snapshot = { ...SNAPSHOT, source: 'x'.repeat(length) };
    expect(decodeSnapshot(encodeSnapshot(snapshot))).toEqual(snapshot);
  }
});

test('counts past 32 bits are kept', () => {
  const count = 2 ** 33 + 1;
  const huge: SeriesDelta = {
    id: 0,
    type: 'trend',
    count,
    sum: 1,
    sumOfSquares: 1,
    min: 0,
    max: 1,
    buckets: new Float64Array([5, count]),
  };
  expect(decodeSnapshot(encodeSnapshot({ ...SNAPSHOT, deltas: [huge] })).deltas).toEqual([huge]);
});

test('the recorder`s flush is the same format: encoding what it decodes to gives the same bytes', () => {
  const recorder = new ThreadRecorder({ now: () => 0 });
  const tags = recorder.root.with('name', '/a').with('status', '200');
  for (let i = 0; i < 500; i++) recorder.series(M.http_req_duration, tags).add((i * i) / 7);
  recorder.series(M.http_reqs, tags).add(500);
  recorder.series(M.http_req_failed, tags).add(0);
  recorder.series(M.vus, recorder.root).add(9);
  recorder.errors.count('GET /a', 1, 'x', 'stack');
  const bytes = recorder.flush('w0', 1, 0, 1000);
  const snapshot = decodeSnapshot(bytes);
  expect(snapshot.deltas).toHaveLength(4);
  expect(Buffer.from(encodeSnapshot(snapshot)).equals(Buffer.from(bytes))).toBe(true);
});

test('a buffer of another version, of something else, or cut anywhere is refused', () => {
  const bytes = encodeSnapshot(SNAPSHOT);
  const changed = (word: number, value: number): ArrayBuffer => {
    const copy = bytes.slice(0);
    new Uint32Array(copy)[word] = value;
    return copy;
  };
  expect(() => decodeSnapshot(changed(1, 2))).toThrow('it is of version 2, and this Brunt reads version 1');
  expect(() => decodeSnapshot(changed(0, 0x42524e54))).toThrow(/another byte order/);
  for (const word of [2, 3, 4, 5, 6, 7, 8, 9]) {
    expect(() => decodeSnapshot(changed(word, 0xffff)), `word ${word}`).toThrow(SnapshotError);
  }
  for (let length = 0; length < bytes.byteLength; length++) {
    expect(() => decodeSnapshot(bytes.slice(0, length)), `${length} bytes`).toThrow(SnapshotError);
  }
});

test('what lies behind a snapshot is no part of it', () => {
  const bytes = encodeSnapshot(SNAPSHOT);
  const longer = new ArrayBuffer(bytes.byteLength + 11);
  new Uint8Array(longer).fill(0xff).set(new Uint8Array(bytes));
  expect(decodeSnapshot(longer)).toEqual(SNAPSHOT);
});

test('memory that comes back is written again, and nothing of what it held is left', () => {
  const writer = new SnapshotWriter();
  const { source, seq, fromMs, toMs, metrics, series, errors, warnings } = SNAPSHOT;
  const text = { source, seq, fromMs, toMs, metrics, series, errors, warnings };
  const wide = 2 ** 33;
  const fill = (trends: number, count: number): SeriesDelta[] =>
    Array.from({ length: trends }, (_, id) => {
      const pairs = [id, count, 4000 + id, 1];
      const buckets = count > 0xffff_ffff ? Float64Array.from(pairs) : Uint32Array.from(pairs);
      const delta = {
        id,
        type: 'trend',
        count: count + 1,
        sum: 1,
        sumOfSquares: 1,
        min: 0,
        max: 1,
        buckets,
      } as const;
      writer.trendDelta(delta);
      return delta;
    });
  fill(8, 1);
  let last = writer.finish(text);
  const memories = new Set([last]);
  for (const [trends, count] of [
    [7, 3],
    [8, 1],
    [1, 2],
    [9, wide],
    [9, 5],
    [8, 7],
  ] as const) {
    writer.reuse(last);
    const deltas = fill(trends, count);
    last = writer.finish(text);
    memories.add(last);
    expect(decodeSnapshot(last)).toEqual({ ...SNAPSHOT, deltas });
  }
  // One more is made for what is longer than all before, and it serves from then on.
  expect(memories.size).toBe(2);
});

test('memory that is far too large does not stay', () => {
  const recorder = new ThreadRecorder({ now: () => 0 });
  for (let i = 0; i < 400; i++) recorder.series(M.http_reqs, recorder.root.with('name', `/${i}`)).add(1);
  const announced = recorder.flush('w0', 1, 0, 1000);
  recorder.reuse(announced);
  recorder.series(M.http_reqs, recorder.root.with('name', '/0')).add(1);
  const next = recorder.flush('w0', 2, 1000, 2000);
  expect(next.byteLength).toBeLessThan(announced.byteLength / 50);
  expect(decodeSnapshot(next).deltas).toEqual([{ id: 0, type: 'counter', sum: 1, count: 1 }]);
});

test('damaged text, and buckets that do not add up, are refused', () => {
  const bytes = encodeSnapshot(SNAPSHOT);
  const text = bytes.slice(0);
  new Uint8Array(text)[40] = 0xff;
  expect(() => decodeSnapshot(text)).toThrow('its text part is damaged');
  const counts = bytes.slice(0);
  const words = new Uint32Array(counts);
  words[words.length - 1] = 2;
  expect(() => decodeSnapshot(counts)).toThrow('the buckets of series 7 hold 2 samples, not 1');
});

test('the error says what it is and has a code', () => {
  try {
    decodeSnapshot(new ArrayBuffer(3));
    expect.fail('no error');
  } catch (error) {
    expect(error).toMatchObject({
      code: 'BAD_SNAPSHOT',
      exitCode: EXIT.defect,
      message: 'a snapshot of measurements cannot be read: 3 bytes are too few for its header',
    });
  }
});
