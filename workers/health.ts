/** A worker's watch on itself: how busy its event loop is and how late it runs. Sampled with every snapshot. */

import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Recorder, TagSet } from '../dsl/host.ts';
import { M } from '../dsl/metrics.ts';

/** Interval of the probe timer; its own period is not lag and is taken off. */
const PROBE_MS = 10;

export interface Health {
  /** Records what was seen since the last call. */
  sample(): void;
  stop(): void;
}

/** A shorter interval says nothing of the load: it may be the last few milliseconds of a run. */
const LEAST_INTERVAL_MS = 200;

/** `wholeProcess`: also record memory and CPU of the process; one worker does it for all. */
export function watchHealth(recorder: Recorder, tags: TagSet, wholeProcess: boolean): Health {
  const delay = monitorEventLoopDelay({ resolution: PROBE_MS });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  let sampledAtMs = performance.now();
  let sampled = false;

  return {
    sample() {
      const atMs = performance.now();
      if (sampled && atMs - sampledAtMs < LEAST_INTERVAL_MS) return;
      sampled = true;
      const now = performance.eventLoopUtilization();
      recorder
        .series(M.generator_loop_busy, tags)
        .add(performance.eventLoopUtilization(now, utilization).utilization);
      utilization = now;
      if (delay.count > 0) {
        recorder.series(M.generator_loop_lag, tags).add(Math.max(0, delay.max / 1e6 - PROBE_MS));
        delay.reset();
      }
      const intervalMs = atMs - sampledAtMs;
      sampledAtMs = atMs;
      if (!wholeProcess) return;
      const used = process.cpuUsage(cpu);
      if (intervalMs > 0) {
        recorder.series(M.generator_cpu, tags).add((used.user + used.system) / 1000 / intervalMs);
      }
      cpu = process.cpuUsage();
      recorder.series(M.generator_memory, tags).add(process.memoryUsage.rss());
    },
    stop() {
      delay.disable();
    },
  };
}
