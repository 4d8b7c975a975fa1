import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BruntError } from '../../../dsl/errors.ts';
import { LoadPhase } from '../../../runner/run/load-phase.ts';
import type { WorkerLink } from '../../../runner/run/worker-link.ts';
import type { ToWorker } from '../../../workers/messages.ts';

/** A worker that finishes when told to by the test. */
class FakeLink {
  readonly worker: number;
  readonly sent: ToWorker[] = [];
  lastHeardMs = 0;
  lost: BruntError | undefined;
  finish: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(worker: number) {
    this.worker = worker;
  }

  ask(message: ToWorker): Promise<unknown> {
    this.sent.push(message);
    return new Promise((resolve, reject) => {
      this.finish = () => resolve(undefined);
      this.#reject = reject;
    });
  }

  send(message: ToWorker): void {
    this.sent.push(message);
  }

  lose(error: BruntError): void {
    this.lost = error;
    this.#reject(error);
  }

  get told(): string[] {
    return this.sent.map((m) => (m.type === 'stop' ? m.how : m.type));
  }
}

function phaseOf(count: number): { links: FakeLink[]; phase: LoadPhase; ended: () => boolean } {
  const links = Array.from({ length: count }, (_, i) => new FakeLink(i));
  const phase = new LoadPhase(links as unknown as WorkerLink[]);
  let done = false;
  void phase.done.then(() => {
    done = true;
  });
  phase.start(0, undefined, 10_000);
  return { links, phase, ended: () => done };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the load phase', () => {
  it('ends when every worker has finished', async () => {
    const { links, phase, ended } = phaseOf(2);
    links[0]?.finish();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended()).toBe(false);
    links[1]?.finish();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended()).toBe(true);
    expect(phase.state).toBe('done');
    expect(links.map((l) => l.told)).toEqual([['start'], ['start']]);
  });

  it('gives up workers that do not finish by the latest end and some seconds', async () => {
    const { links, ended } = phaseOf(2);
    links[0]?.finish();
    await vi.advanceTimersByTimeAsync(12_900);
    expect(ended()).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(ended()).toBe(true);
    expect(links[0]?.lost).toBeUndefined();
    expect(links[1]?.lost?.code).toBe('WORKER_STUCK');
    expect(links[1]?.lost?.exitCode).toBe(96);
  });

  it('drains, then interrupts, then gives up', async () => {
    const { links, phase, ended } = phaseOf(1);
    phase.drain(500);
    phase.drain(500);
    expect(phase.state).toBe('draining');
    await vi.advanceTimersByTimeAsync(501);
    expect(phase.state).toBe('interrupting');
    expect(links[0]?.told).toEqual(['start', 'drain', 'interrupt']);
    await vi.advanceTimersByTimeAsync(2001);
    expect(ended()).toBe(true);
    expect(links[0]?.lost?.code).toBe('WORKER_STUCK');
  });

  it('ends a drain early when iterations finish', async () => {
    const { links, phase, ended } = phaseOf(1);
    phase.drain(5000);
    links[0]?.finish();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended()).toBe(true);
    expect(links[0]?.told).toEqual(['start', 'drain']);
  });

  it('interrupts the others when one worker is lost', async () => {
    const { links, phase } = phaseOf(3);
    links[1]?.lose({ code: 'WORKER_EXITED' } as BruntError);
    await vi.advanceTimersByTimeAsync(1);
    expect(phase.state).toBe('interrupting');
    expect(links.map((l) => l.told)).toEqual([['start', 'interrupt'], ['start'], ['start', 'interrupt']]);
  });

  it('cannot be drained once it is interrupted', () => {
    const { links, phase } = phaseOf(1);
    phase.interrupt();
    phase.drain(100);
    phase.interrupt();
    expect(phase.state).toBe('interrupting');
    expect(links[0]?.told).toEqual(['start', 'interrupt']);
  });
});
