import { describe, expect, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { createMeasure } from '../../../dsl/measure.ts';
import { FakeHost } from '../../helpers/host.ts';
import { freePort } from '../../helpers/services.ts';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('measure', () => {
  test('times work under its name and gives back what it gave', async () => {
    const host = new FakeHost();
    const measure = createMeasure(host);
    const result: string = await measure('render', () => wait(30).then(() => 'done'), { tags: { size: 3 } });
    expect(result).toBe('done');
    const [ms] = host.values('measure_duration');
    expect(ms).toBeGreaterThanOrEqual(29);
    expect(ms).toBeLessThan(1000);
    expect(host.tagsOf('measure_duration')).toEqual([{ scenario: 'default', name: 'render', size: '3' }]);
    expect(host.values('measure_failed')).toEqual([0]);
    expect(await measure('sync', () => 7)).toBe(7);
  });

  test('counts what throws as failed, without its time, and throws it on', async () => {
    const host = new FakeHost();
    const measure = createMeasure(host);
    const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' });
    await expect(measure('dial', () => Promise.reject(error))).rejects.toBe(error);
    await expect(
      measure('sync', () => {
        throw new RangeError('too far');
      }),
    ).rejects.toThrow('too far');
    expect(host.values('measure_failed')).toEqual([1, 1]);
    expect(host.values('measure_duration')).toEqual([]);
    expect(host.counted).toEqual([
      { label: "measure 'dial'", code: 1212, message: 'connection refused' },
      { label: "measure 'sync'", code: 1000, message: 'too far' },
    ]);
  });

  test('of an error that only wraps another, the cause tells what it was', async () => {
    const host = new FakeHost();
    const port = await freePort();
    await expect(createMeasure(host)('fetch', () => fetch(`http://127.0.0.1:${port}/`))).rejects.toThrow(
      'fetch failed',
    );
    expect(host.counted).toMatchObject([{ code: 1212, message: 'connection refused' }]);
  });

  test('ends at its time limit, and tells the work', async () => {
    const host = new FakeHost();
    let signal: AbortSignal | undefined;
    const work = createMeasure(host)(
      'slow',
      (measuring) => {
        signal = measuring.signal;
        return wait(5000);
      },
      { timeout: 50 },
    );
    await expect(work).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 1050,
      message: 'it timed out after 50 ms',
    });
    expect(signal?.aborted).toBe(true);
    expect(host.counted).toEqual([
      { label: "measure 'slow'", code: 1050, message: 'it timed out after 50 ms' },
    ]);
  });

  test('ends when the iteration does, whether the work looks or not, and counts nothing', async () => {
    const host = new FakeHost();
    const measure = createMeasure(host);
    let reason: unknown;
    const deaf = measure('deaf', () => wait(5000));
    const listening = measure(
      'listening',
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(new Error('aborted'));
          });
        }),
    );
    setTimeout(() => host.interrupt(new InterruptedError()), 20);
    await expect(deaf).rejects.toBeInstanceOf(InterruptedError);
    await expect(listening).rejects.toBeInstanceOf(InterruptedError);
    expect(reason).toBeInstanceOf(InterruptedError);
    await expect(measure('later', () => 1)).rejects.toBeInstanceOf(InterruptedError);
    expect(host.samples).toEqual([]);
    expect(host.counted).toEqual([]);
  });

  test('says what is wrong with a call', async () => {
    const measure = createMeasure(new FakeHost());
    await expect(measure('x', undefined as never)).rejects.toThrow("measure('x', fn): fn is not a function");
    await expect(measure('x', () => 1, { timout: 1 } as object)).rejects.toThrow('did you mean timeout?');
  });
});
