import { expect, test } from 'vitest';
import { type BuiltinMetric, M } from '../../../dsl/metrics.ts';
import { SampleReader } from '../../../runner/outputs/sample-reader.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';
import type { SampleColumns } from '../../../workers/record/sample-columns.ts';
import { SampleBuffer } from '../../../workers/record/samples.ts';
import { decodeSnapshot } from '../../../workers/record/snapshot.ts';

interface Sample {
  readonly metric: string;
  readonly at: number;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly url?: string;
}

/** A recorder whose samples are read as an output reads them. */
function rig({ take = true } = {}) {
  let nowMs = 0;
  const sent: SampleColumns[] = [];
  const buffer = new SampleBuffer({
    source: 'w0',
    now: () => nowMs,
    send: (columns) => {
      sent.push(columns);
      if (take) buffer.taken();
    },
  });
  const recorder = new ThreadRecorder({ now: () => 0 });
  recorder.select({ everywhere: [], byMetric: {} });
  recorder.sampleTo(buffer);
  const add = (metric: BuiltinMetric, value: number, tags: Readonly<Record<string, string>> = {}): void => {
    let set = recorder.root;
    for (const [key, text] of Object.entries(tags)) set = set.with(key, text);
    recorder.series(M[metric], set).add(value);
  };
  const at = (ms: number): void => {
    nowMs = ms;
  };
  const read = (): Sample[] => {
    buffer.flush();
    const reader = new SampleReader(0);
    return sent.flatMap((columns) => {
      const batch = reader.read(columns);
      return Array.from({ length: batch.count }, (_, i) => {
        const series = batch.table[batch.series[i] as number];
        const url = batch.urlTable[(batch.urls[i] as number) - 1];
        return {
          metric: series?.def.name ?? '',
          at: batch.times[i] as number,
          value: batch.values[i] as number,
          tags: Object.fromEntries(series?.tags ?? []),
          ...(url === undefined ? {} : { url }),
        };
      });
    });
  };
  return { recorder, buffer, sent, add, at, read };
}

test('every sample is put down with its time, its value and all of its tags', () => {
  const { add, at, read } = rig();
  at(10.25);
  add('http_req_duration', 1.5, { scenario: 'main', user: 'u1' });
  at(11);
  add('http_req_duration', 2.5, { scenario: 'main', user: 'u2' });
  add('iterations', 1, { scenario: 'main', user: 'u2' });
  expect(read()).toEqual([
    { metric: 'http_req_duration', at: 10.25, value: 1.5, tags: { scenario: 'main', user: 'u1' } },
    { metric: 'http_req_duration', at: 11, value: 2.5, tags: { scenario: 'main', user: 'u2' } },
    { metric: 'iterations', at: 11, value: 1, tags: { scenario: 'main', user: 'u2' } },
  ]);
});

test('what is measured is the same with samples as without them', () => {
  const plain = new ThreadRecorder({ now: () => 0 });
  const { recorder } = rig();
  for (const one of [plain, recorder]) {
    one.select({ everywhere: ['team'], byMetric: { checks: ['kind'] } });
    for (let i = 0; i < 300; i++) {
      let tags = one.root
        .with('scenario', 'main')
        .with('user', String(i % 7))
        .with('team', 'a');
      if (i % 2 === 0) tags = tags.with('kind', String(i % 3)).with('group', '::setup');
      one.series(M.http_req_duration, tags.with('name', String(i % 5))).add(i);
      one.series(M.http_req_blocked, tags).add(i / 7);
      one.series(M.checks, tags.with('check', 'ok')).add(i % 4);
      one.series(M.data_sent, tags).add(i % 9 === 0 ? Number.NaN : 10);
    }
  }
  const [a, b] = [plain, recorder].map((one) => decodeSnapshot(one.flush('w0', 1, 0, 1000)));
  expect(b).toEqual(a);
});

test('the series past the cap are those without samples, too', () => {
  const { sent, buffer } = rig();
  const recorders = [0, 1].map(() => new ThreadRecorder({ now: () => 0, maxSeries: 5 }));
  recorders[1]?.sampleTo(buffer);
  for (const one of recorders) {
    for (let i = 0; i < 60; i++) {
      one.series(M.http_reqs, one.root.with('scenario', 'main').with('name', String(i % 20))).add(1);
    }
  }
  const [a, b] = recorders.map((one) => decodeSnapshot(one.flush('w0', 1, 0, 1000)));
  expect(b).toEqual(a);
  buffer.flush();
  expect(sent.reduce((sum, { count }) => sum + count, 0)).toBe(60);
});

test('the samples of a request have its URL and one time, and no others have them', () => {
  const { buffer, add, at, read } = rig();
  for (const [ms, url] of [
    [5, 'http://h/a?x=1'],
    [7, 'http://h/a?x=2'],
    [9, 'http://h/a?x=1'],
  ] as const) {
    at(ms);
    buffer.begin(url);
    at(ms + 0.5);
    add('http_reqs', 1);
    add('http_req_waiting', 3);
    buffer.end();
    add('iterations', 1);
  }
  const samples = read();
  const urls = samples
    .filter(({ metric }) => metric !== 'iterations')
    .map(({ url, at: time }) => [url, time]);
  expect(urls).toEqual([
    ['http://h/a?x=1', 5],
    ['http://h/a?x=1', 5],
    ['http://h/a?x=2', 7],
    ['http://h/a?x=2', 7],
    ['http://h/a?x=1', 9],
    ['http://h/a?x=1', 9],
  ]);
  const others = samples.filter(({ metric }) => metric === 'iterations');
  expect(others.map(({ url, at: time }) => [url, time])).toEqual([
    [undefined, 5.5],
    [undefined, 7.5],
    [undefined, 9.5],
  ]);
});

test('a rate is 0 or 1, and what is no number is left out as it is left out of the series', () => {
  const { add, read } = rig();
  for (const value of [0, 1, 7, Number.NaN, -0]) add('checks', value);
  for (const value of [1, Number.NaN, Number.POSITIVE_INFINITY, -2]) add('http_req_duration', value);
  expect(read().map(({ metric, value }) => `${metric} ${value}`)).toEqual([
    'checks 0',
    'checks 1',
    'checks 1',
    'checks 0',
    'http_req_duration 1',
    'http_req_duration -2',
  ]);
});

test('a batch leaves when it is full; series and URLs are told where they are needed', () => {
  const { add, buffer, sent, read } = rig();
  for (let i = 0; i < 10_000; i++) {
    buffer.begin(`http://h/${i % 3}`);
    add('http_reqs', i);
    buffer.end();
  }
  const before = sent.length;
  expect(before).toBeGreaterThan(1);
  const samples = read();
  expect(sent.length).toBe(before + 1);
  expect(sent.map(({ series }) => series.length)).toEqual([1, ...Array(before).fill(0)]);
  expect(sent.every(({ urls }) => urls.length === 3)).toBe(true);
  expect(samples.map(({ value }) => value)).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  expect(samples.every(({ url }, i) => url === `http://h/${i % 3}`)).toBe(true);
});

test('long URLs end a batch before it is full', () => {
  const { add, buffer, sent } = rig();
  for (let i = 0; i < 1000; i++) {
    buffer.begin(`http://h/${'x'.repeat(2000)}/${i}`);
    add('http_reqs', 1);
    buffer.end();
  }
  for (const { urls } of sent) expect(urls.join('').length).toBeLessThan(300_000);
  expect(sent.length).toBeGreaterThanOrEqual(6);
});

test('while the main thread takes nothing, memory is bounded: samples are left out and counted', () => {
  const { add, buffer, sent } = rig({ take: false });
  const all = 1_000_000;
  for (let i = 0; i < all; i++) add('http_reqs', 1);
  buffer.flush();
  const bytes = sent.reduce((sum, columns) => sum + columns.bytes.byteLength, 0);
  expect(bytes).toBeLessThan(8 * 2 ** 20);
  const kept = sent.reduce((sum, { count }) => sum + count, 0);
  const dropped = sent.reduce((sum, columns) => sum + columns.dropped, 0);
  expect(kept).toBeGreaterThan(100_000);
  expect(kept + dropped).toBe(all);

  for (const _ of sent) buffer.taken();
  add('http_reqs', 2);
  buffer.flush();
  expect(sent.at(-1)).toMatchObject({ count: 1, dropped: 0 });
});
