/** `sleep`, `group`, `fail`: how an iteration goes on. */

import { type Duration, parseDuration } from './duration.ts';
import { FailError, InterruptedError } from './errors.ts';
import type { VuHost } from './host.ts';
import { M } from './metrics.ts';
import { type Placed, Roster } from './roster.ts';

/** Waits; a number is seconds, a string carries its unit: `sleep(1)`, `sleep('300ms')`. */
export type SleepFunction = (duration: Duration) => Promise<void>;

/** Runs `fn` under a name: its requests, checks and metrics carry the tag `group`, its time enters `group_duration`. */
export type GroupFunction = <T>(name: string, fn: () => T | Promise<T>) => Promise<T>;

/** Ends the iteration and counts it in `iteration_errors`. */
export type FailFunction = (message?: string) => never;

/** Milliseconds of what was given to `sleep`. */
function sleepMs(duration: Duration): number {
  const ms = typeof duration === 'number' ? duration * 1000 : parseDuration(String(duration));
  if (ms === undefined || !Number.isFinite(ms) || ms < 0) {
    throw new TypeError(
      `sleep(${JSON.stringify(duration) ?? String(duration)}): expected seconds as a number or a duration such as '1s' or '300ms'`,
    );
  }
  return ms;
}

interface PendingSleep extends Placed {
  readonly timer: NodeJS.Timeout;
  readonly reject: (reason: Error) => void;
}

/** Longest time that one timer of the platform can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createSleep(host: VuHost): SleepFunction {
  const pending = new Roster<PendingSleep>();
  let listening = false;

  const interruptAll = (reason: Error): void => {
    for (const one of pending.all()) {
      pending.delete(one);
      clearTimeout(one.timer);
      one.reject(reason);
    }
  };

  return (duration) => {
    const ms = sleepMs(duration);
    if (host.interrupted) return Promise.reject(new InterruptedError());
    if (!listening) {
      listening = true;
      host.onInterrupt(interruptAll);
    }
    return new Promise((resolve, reject) => {
      const entry: PendingSleep = {
        place: -1,
        timer: setTimeout(
          () => {
            pending.delete(entry);
            resolve();
          },
          Math.min(ms, LONGEST_TIMER_MS),
        ),
        reject,
      };
      pending.add(entry);
    });
  };
}

export function createGroup(host: VuHost): GroupFunction {
  return async (name, fn) => {
    if (typeof fn !== 'function') throw new TypeError(`group('${String(name)}', fn): fn is not a function`);
    const label = String(name);
    if (label.includes('::')) {
      throw new TypeError(
        `group('${label}'): a group's name must not contain '::', which separates nested groups`,
      );
    }
    return host.inGroup(label, async () => {
      const started = performance.now();
      const tags = host.tags();
      try {
        return await fn();
      } finally {
        if (!host.interrupted) {
          host.recorder.series(M.group_duration, tags).add(performance.now() - started);
        }
      }
    });
  };
}

export const fail: FailFunction = (message = 'fail() was called') => {
  throw new FailError(message);
};
