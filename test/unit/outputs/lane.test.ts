import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BUILTIN_METRICS, M, type MetricDef } from '../../../dsl/metrics.ts';
import { Lane } from '../../../runner/outputs/lane.ts';
import { type Output, type OutputBatch, RetryableError } from '../../../runner/outputs/output.ts';

const REQS = BUILTIN_METRICS[M.http_reqs] as MetricDef;
const TAGS = new Map<string, string>();

/** The second with this number, in which that many requests were made. */
function second(n: number, requests = 1): OutputBatch {
  const measured = { type: 'counter', sum: requests } as const;
  return {
    from: new Date(n * 1000),
    to: new Date((n + 1) * 1000),
    series: [{ def: REQS, tags: TAGS, delta: measured, total: measured }],
  };
}

const requestsOf = (batch: OutputBatch): number => {
  const delta = batch.series[0]?.delta;
  return delta?.type === 'counter' ? delta.sum : Number.NaN;
};

/** A lane to a receiver that takes what `answer` says, and what came of it. */
function laneTo(answer: (call: number, signal: AbortSignal) => Promise<void>, sendTimeoutMs = 4000) {
  const received: number[] = [];
  const told: string[] = [];
  const stats = { calls: 0, open: 0, mostOpen: 0 };
  const output: Output = {
    name: 'test',
    sendTimeoutMs,
    open: async () => undefined,
    close: async () => undefined,
    async send(batch, signal) {
      stats.calls++;
      stats.open++;
      stats.mostOpen = Math.max(stats.mostOpen, stats.open);
      try {
        await answer(stats.calls, signal);
        received.push(requestsOf(batch));
      } finally {
        stats.open--;
      }
    },
  };
  return { lane: new Lane(output, (reason) => told.push(reason)), received, told, stats };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function offerSeconds(lane: Lane, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    lane.offer(second(n));
    await vi.advanceTimersByTimeAsync(1000);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a receiver', () => {
  it('that is quick gets every second by itself', async () => {
    const { lane, received, told } = laneTo(async () => undefined);
    await offerSeconds(lane, 0, 5);
    await lane.drained();
    expect(received).toEqual([1, 1, 1, 1, 1]);
    expect([lane.sent, lane.lost, lane.problem, told]).toEqual([5, 0, undefined, []]);
  });

  it('that is slow gets the seconds that passed as one, one call at a time', async () => {
    const { lane, received, stats } = laneTo(() => sleep(2500));
    await offerSeconds(lane, 0, 10);
    const drained = lane.drained();
    await vi.advanceTimersByTimeAsync(10_000);
    await drained;
    expect(received[0]).toBe(1);
    expect(Math.max(...received)).toBeGreaterThanOrEqual(2);
    expect(received.reduce((a, b) => a + b)).toBe(10);
    expect(stats.mostOpen).toBe(1);
    expect([lane.sent, lane.lost]).toEqual([10, 0]);
  });

  it('that is away and says so loses nothing', async () => {
    const { lane, received, told } = laneTo(async (call) => {
      if (call <= 4) throw new RetryableError('connection refused');
    });
    await offerSeconds(lane, 0, 20);
    await lane.drained();
    expect(received.reduce((a, b) => a + b)).toBe(20);
    expect([lane.sent, lane.lost, lane.problem]).toEqual([20, 0, undefined]);
    expect(told).toEqual(['connection refused']);
  });

  it('is left alone for as long as it asks', async () => {
    const at: number[] = [];
    const { lane } = laneTo(async (call) => {
      at.push(Date.now());
      if (call === 1) throw new RetryableError('too many requests', { afterMs: 7000 });
    });
    await offerSeconds(lane, 0, 10);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBe(7000);
  });

  it('is asked less and less often while it is away', async () => {
    const at: number[] = [];
    const { lane } = laneTo(async () => {
      at.push(Date.now());
      throw new RetryableError('away');
    });
    await offerSeconds(lane, 0, 120);
    const pauses = at.slice(1).map((time, i) => time - (at[i] as number));
    expect(pauses.slice(0, 5)).toEqual([500, 1000, 2000, 4000, 8000]);
    expect(Math.max(...pauses)).toBe(30_000);
    lane.end();
    expect([lane.sent, lane.lost]).toEqual([0, 120]);
  });

  it('that refuses loses that second, and is told of once for each reason', async () => {
    const { lane, received, told } = laneTo(async (call) => {
      if (call === 2 || call === 3) throw new Error('bad request');
      if (call === 4) throw new Error('not found');
    });
    await offerSeconds(lane, 0, 6);
    await lane.drained();
    expect(received).toEqual([1, 1, 1]);
    expect([lane.sent, lane.lost, lane.problem]).toEqual([3, 3, 'bad request']);
    expect(told).toEqual(['bad request', 'not found']);
  });

  it('that does not answer is told to end, and the next second is tried', async () => {
    const { lane, received, told } = laneTo(
      (call, signal) =>
        call === 1
          ? new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason as Error));
            })
          : Promise.resolve(),
      3000,
    );
    await offerSeconds(lane, 0, 6);
    await lane.drained();
    expect(received).toEqual([2, 1, 1, 1]);
    expect([lane.sent, lane.lost]).toEqual([5, 1]);
    expect(told).toEqual(['it did not answer within 3 s']);
  });

  it('that does not even end its call is never called a second time, and costs the run no wait', async () => {
    const { lane, stats } = laneTo(() => new Promise(() => undefined), 3000);
    await offerSeconds(lane, 0, 30);
    let drained = false;
    void lane.drained().then(() => {
      drained = true;
    });
    await vi.advanceTimersByTimeAsync(5000);
    expect([stats.calls, drained]).toEqual([1, false]);
    lane.end();
    expect([lane.sent, lane.lost, lane.problem]).toEqual([0, 30, 'it did not answer within 3 s']);
  });

  it('that settles its call after all goes on', async () => {
    const { lane, received } = laneTo((call) => (call === 1 ? sleep(8000) : Promise.resolve()), 3000);
    await offerSeconds(lane, 0, 12);
    await lane.drained();
    // The first call was counted as lost at its time limit; that it arrived in the end, nobody could know.
    expect(lane.lost).toBe(1);
    expect(lane.sent).toBe(11);
    expect(received.slice(1).reduce((a, b) => a + b)).toBe(11);
  });
});

describe('at the end', () => {
  it('a receiver that comes back in time gets what is left', async () => {
    const { lane, received } = laneTo(async (call) => {
      if (call <= 7) throw new RetryableError('away');
    });
    await offerSeconds(lane, 0, 20);
    const drained = lane.drained();
    await vi.advanceTimersByTimeAsync(3000);
    await drained;
    expect(received).toEqual([20]);
    expect([lane.sent, lane.lost]).toEqual([20, 0]);
  });

  it('what is under way is lost, and its late success changes nothing', async () => {
    const { lane } = laneTo(() => sleep(3000));
    await offerSeconds(lane, 0, 2);
    lane.end();
    expect([lane.sent, lane.lost]).toEqual([0, 2]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([lane.sent, lane.lost]).toEqual([0, 2]);
    lane.offer(second(9));
    await vi.advanceTimersByTimeAsync(10_000);
    expect([lane.sent, lane.lost]).toEqual([0, 2]);
  });
});
