/** `measure`: times any piece of work, so that clients which Brunt does not know are measured all the same. */

import { BoundedWork, Bounds } from './bounded.ts';
import type { Duration } from './duration.ts';
import { InterruptedError } from './errors.ts';
import { failureOf } from './failure.ts';
import type { Series, TagSet, VuHost } from './host.ts';
import { M } from './metrics.ts';
import { readMs, readObject, type Tags, withTags } from './params.ts';

/** What the measured work is given. */
export interface Measuring {
  /** Aborts at the time limit and when the iteration is interrupted; for clients that take an AbortSignal. */
  readonly signal: AbortSignal;
}

export interface MeasureParams {
  /** Tags of the samples, beside `name`. */
  readonly tags?: Tags;
  /** A number is milliseconds, 0 no limit. Default 60s. */
  readonly timeout?: Duration;
}

/**
 * Runs `fn` and records how long it took in `measure_duration`, tagged with `name`; gives back what it gave. Work that
 * throws or runs out of time enters `measure_failed` and the ERRORS of the summary, not the time, and is thrown on.
 */
export type MeasureFunction = <T>(
  name: string,
  fn: (measuring: Measuring) => T | PromiseLike<T>,
  params?: MeasureParams,
) => Promise<T>;

const DEFAULT_TIMEOUT_MS = 60_000;
const KEYS = ['tags', 'timeout'] as const satisfies readonly (keyof MeasureParams)[];
const MEMO = Symbol('measure');

interface Measured {
  readonly duration: Series;
  readonly failed: Series;
}

/** The series of one name under one tag set, found by one lookup after the first use. */
function measuredOf(host: VuHost, tags: TagSet, name: string): Measured {
  let byName = tags.memo.get(MEMO) as Map<string, Measured> | undefined;
  if (byName === undefined) {
    byName = new Map();
    tags.memo.set(MEMO, byName);
  }
  let measured = byName.get(name);
  if (measured === undefined) {
    const named = tags.with('name', name);
    measured = {
      duration: host.recorder.series(M.measure_duration, named),
      failed: host.recorder.series(M.measure_failed, named),
    };
    byName.set(name, measured);
  }
  return measured;
}

export function createMeasure(host: VuHost): MeasureFunction {
  const work = new BoundedWork(host);
  return async (name, fn, params) => {
    const label = String(name);
    if (typeof fn !== 'function') throw new TypeError(`measure('${label}', fn): fn is not a function`);
    const given = readObject<MeasureParams>('measure', params, KEYS);
    const timeoutMs = readMs('measure', 'timeout', given.timeout, DEFAULT_TIMEOUT_MS);
    const { duration, failed } = measuredOf(host, withTags(host.tags(), given.tags), label);
    const startedAt = performance.now();
    let result: Awaited<ReturnType<typeof fn>>;
    try {
      result = (await work.run(timeoutMs, new Bounds(), 'it', fn)) as typeof result;
    } catch (error) {
      if (error instanceof InterruptedError || host.interrupted) throw error;
      failed.add(1);
      const { code, message } = failureOf(error);
      host.errors.count(`measure '${label}'`, code, message);
      throw error;
    }
    duration.add(performance.now() - startedAt);
    failed.add(0);
    return result;
  };
}
