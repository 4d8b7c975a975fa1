import { describe, expect, it, onTestFinished } from 'vitest';
import { serveDashboard } from '../../../runner/dashboard/dashboard.ts';
import { type Patch, patched } from '../../../runner/dashboard/patch.ts';
import type { LiveChange, LiveRun, LiveWhole, LogLine } from '../../../runner/dashboard/wire.ts';
import type { RunFollower, RunSecond } from '../../../runner/run/follower.ts';
import { madeUpRun } from '../../helpers/made-up-run.ts';
import { live } from '../terminal/live-states.ts';

/** What a page would know, put together from the stream. */
class Reader {
  run: LiveRun | undefined;
  log: LogLine[] = [];
  events: string[] = [];
  readonly over: Promise<void>;
  #waiting: { readonly test: () => boolean; readonly done: () => void }[] = [];

  constructor(url: string) {
    this.over = this.#read(url);
  }

  until(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting.push({ test, done });
    });
  }

  async #read(url: string): Promise<void> {
    const { body } = await fetch(`${url}events`);
    let text = '';
    for await (const part of body!.pipeThrough(new TextDecoderStream())) {
      text += part;
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) this.#take(frame);
      for (const { test, done } of this.#waiting) if (test()) done();
    }
  }

  #take(frame: string): void {
    const name = /^event: (.*)$/m.exec(frame)?.[1];
    if (name === undefined) return;
    const data: unknown = JSON.parse(/^data: (.*)$/m.exec(frame)![1]!);
    this.events.push(name);
    if (name === 'whole') {
      const { run, log } = data as LiveWhole;
      this.run = run;
      this.log = [...log];
    } else {
      const { patch, log } = data as LiveChange;
      if (patch !== null) this.run = patched(this.run, patch as Patch) as LiveRun;
      this.log.push(...log);
    }
  }
}

async function started(): Promise<{ follower: RunFollower; url: string }> {
  const follower = await serveDashboard('shop.ts', 0);
  onTestFinished(() => follower.discarded?.());
  return { follower, url: follower.url! };
}

const RUN = madeUpRun({
  seconds: 6,
  perSecond: 10,
  names: ['a', 'b'],
  thresholds: ['http_req_duration|p(95)<1'],
});

function second(atMs: number, asked: { times: number } = { times: 0 }): RunSecond {
  return {
    atMs,
    live: live({ elapsedMs: atMs }),
    thresholds: new Map(),
    summary: () => {
      asked.times++;
      return RUN.summary;
    },
  };
}

/** A second as a run tells it. */
function goOn(follower: RunFollower, n: number, asked?: { times: number }): void {
  for (const bytes of RUN.snapshots.slice(2 * n, 2 * n + 2)) follower.snapshot?.(bytes);
  follower.live?.(live({ elapsedMs: (n + 1) * 1000 }));
  follower.second?.(second((n + 1) * 1000, asked));
}

describe('the dashboard', () => {
  it('sums the run up only when somebody looks', async () => {
    const { follower, url } = await started();
    const asked = { times: 0 };
    for (let n = 0; n < 3; n++) goOn(follower, n, asked);
    expect(asked.times).toBe(0);
    const reader = new Reader(url);
    await reader.until(() => reader.run !== undefined);
    expect(asked.times).toBe(1);
    expect(reader.run?.page?.course.steps).toBe(3);
  });

  it('gives everybody the same, early or late', async () => {
    const { follower, url } = await started();
    const early = new Reader(url);
    await early.until(() => early.run !== undefined);
    expect(early.run).toMatchObject({
      page: null,
      end: null,
      live: { phase: 'bundling', script: 'shop.ts' },
    });
    for (let n = 0; n < 4; n++) goOn(follower, n);
    await early.until(() => early.run?.page?.course.steps === 4);
    const late = new Reader(url);
    await late.until(() => late.run !== undefined);
    expect(late.run).toEqual(early.run);
    expect(early.events.indexOf('change')).toBe(1);
    expect(early.events.lastIndexOf('whole')).toBe(0);

    for (let n = 4; n < 6; n++) goOn(follower, n);
    await follower.ended?.(RUN.summary);
    await Promise.all([early.over, late.over]);
    expect(late.run).toEqual(early.run);
    expect(late.run).toMatchObject({
      end: 'ended',
      page: { state: 'ended', summary: { run: { exitCode: 99 } } },
    });
    expect(late.run?.page?.summary).toEqual(JSON.parse(JSON.stringify(RUN.summary)));
    await expect(fetch(url)).rejects.toThrow();
  });

  it('passes warnings and errors on, cleaned, and not more than anybody reads', async () => {
    const { follower, url } = await started();
    follower.log?.('info', 'not this');
    follower.log?.('warn', 'early \u001b[31mred\u001b[0m');
    goOn(follower, 0);
    const reader = new Reader(url);
    await reader.until(() => reader.run !== undefined);
    expect(reader.log).toEqual([{ level: 'warn', atMs: null, text: 'early red' }]);
    for (let i = 0; i < 1000; i++) follower.log?.('error', `line ${i} ${'x'.repeat(5000)}`);
    goOn(follower, 1);
    await reader.until(() => reader.log.length > 1);
    expect(reader.log).toHaveLength(52);
    expect(reader.log[1]).toMatchObject({ level: 'error', atMs: 1000 });
    expect(reader.log[1]?.text.length).toBeLessThan(2100);
    expect(reader.log.at(-1)?.text).toBe('… and 950 more lines within a second');
  });

  it('tells of a load that never began', async () => {
    const { follower, url } = await started();
    const reader = new Reader(url);
    await reader.until(() => reader.run !== undefined);
    follower.discarded?.();
    await reader.over;
    expect(reader.run).toMatchObject({ end: 'unstarted', page: null });
  });

  it('tells pages something every second, though the run has nothing to say', async () => {
    const { follower, url } = await started();
    const reader = new Reader(url);
    await reader.until(() => reader.run !== undefined);
    follower.live?.(live({ phase: 'setup' }));
    await reader.until(() => reader.events.length > 1);
    expect(reader.run?.live.phase).toBe('setup');
  });
});
