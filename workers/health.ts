/**
 * A worker's watch on itself. Every thread samples its own state with each snapshot, so once a second:
 *
 *     generator_loop_busy   share of the time in which its event loop did something; 1 is a thread that never waits
 *     generator_loop_lag    how late a timer ran at worst
 *     generator_gc_pause    every collection of garbage that stopped it
 *     generator_cpu         processor time per time: of the thread where Node can tell (24 and later), else of the
 *                           process, which then only the first worker samples
 *     generator_memory      resident memory of the process; the first worker samples it for all
 *
 * Late starts of iterations, `generator_start_lag`, are recorded where iterations start. All carry the tag `worker`.
 */

import {
  constants,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks';
import type { Recorder, TagSet } from '../dsl/host.ts';
import { M } from '../dsl/metrics.ts';
import { HeapCare } from './heap.ts';

/** Interval of the probe timer; its own period is not lag and is taken off. */
const PROBE_MS = 10;

const FULL = constants.NODE_PERFORMANCE_GC_MAJOR;

interface Collection extends PerformanceEntry {
  readonly detail: { readonly kind: number };
}

export interface Health {
  /** Records what was seen since the last call. */
  sample(): void;
  stop(): void;
}

/** A shorter interval says nothing of the load: it may be the last few milliseconds of a run. */
const LEAST_INTERVAL_MS = 200;

/** Microseconds; the type of `process.cpuUsage`. */
type CpuUsage = (previous?: NodeJS.CpuUsage) => NodeJS.CpuUsage;

function threadCpuUsage(): CpuUsage | undefined {
  const { threadCpuUsage: usage } = process as { readonly threadCpuUsage?: CpuUsage };
  return usage?.bind(process);
}

/** `tags`: of the run; `worker` is the thread's number. */
export function watchHealth(recorder: Recorder, tags: TagSet, worker: number): Health {
  const first = worker === 0;
  const own = tags.with('worker', String(worker));
  const busy = recorder.series(M.generator_loop_busy, own);
  const lag = recorder.series(M.generator_loop_lag, own);
  const pause = recorder.series(M.generator_gc_pause, own);
  const cpuUsage = threadCpuUsage() ?? (first ? process.cpuUsage.bind(process) : undefined);

  const delay = monitorEventLoopDelay({ resolution: PROBE_MS });
  delay.enable();
  const care = new HeapCare(performance.now());
  const collections = new PerformanceObserver((list) => {
    for (const collection of list.getEntries() as unknown as readonly Collection[]) {
      pause.add(collection.duration);
      if (collection.detail.kind === FULL) care.collected(performance.now());
    }
  });
  collections.observe({ entryTypes: ['gc'] });
  let utilization = performance.eventLoopUtilization();
  let cpu = cpuUsage?.();
  let sampledAtMs = performance.now();
  let sampled = false;

  return {
    sample() {
      const atMs = performance.now();
      const intervalMs = atMs - sampledAtMs;
      if (sampled && intervalMs < LEAST_INTERVAL_MS) return;
      sampled = true;
      sampledAtMs = atMs;
      care.check(atMs);
      const now = performance.eventLoopUtilization();
      busy.add(performance.eventLoopUtilization(now, utilization).utilization);
      utilization = now;
      if (delay.count > 0) {
        lag.add(Math.max(0, delay.max / 1e6 - PROBE_MS));
        delay.reset();
      }
      if (cpuUsage !== undefined && intervalMs > 0) {
        const used = cpuUsage(cpu);
        recorder.series(M.generator_cpu, own).add((used.user + used.system) / 1000 / intervalMs);
        cpu = cpuUsage();
      }
      if (first) recorder.series(M.generator_memory, own).add(process.memoryUsage.rss());
    },
    stop() {
      delay.disable();
      collections.disconnect();
    },
  };
}
