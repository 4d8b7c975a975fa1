/** `check`: assertions that are counted instead of thrown. */

import type { Series, TagSet, VuHost } from './host.ts';
import { M } from './metrics.ts';

/** A condition on the checked value; truthy passes. May be async, then `check` must be awaited. */
export type Predicate<T> = (value: T) => unknown;

export interface CheckFunction {
  /**
   * Evaluates every condition and counts it in `checks`. True if all passed. A condition that throws has failed; its
   * error stands among the ERRORS of the summary.
   *
   * With a promise as value, or with async conditions, the result is a promise: await it.
   */
  <T>(
    value: PromiseLike<T>,
    conditions: Readonly<Record<string, Predicate<T>>>,
    tags?: Readonly<Record<string, string>>,
  ): Promise<boolean>;
  <T>(
    value: T,
    conditions: Readonly<Record<string, (value: T) => Promise<unknown>>>,
    tags?: Readonly<Record<string, string>>,
  ): Promise<boolean>;
  <T>(
    value: T,
    conditions: Readonly<Record<string, Predicate<T>>>,
    tags?: Readonly<Record<string, string>>,
  ): boolean;
}

const MEMO = Symbol('checks');

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** The series of checks under one tag set, by name. */
function checksUnder(tags: TagSet): Map<string, Series> {
  let byName = tags.memo.get(MEMO) as Map<string, Series> | undefined;
  if (byName === undefined) {
    byName = new Map();
    tags.memo.set(MEMO, byName);
  }
  return byName;
}

/** The `checks` series of one condition, found by one lookup after the first use. */
function seriesOf(host: VuHost, tags: TagSet, byName: Map<string, Series>, name: string): Series {
  let series = byName.get(name);
  if (series === undefined) {
    series = host.recorder.series(M.checks, tags.with('check', name));
    byName.set(name, series);
  }
  return series;
}

export function createCheck(host: VuHost): CheckFunction {
  const broken = (name: string, error: unknown): false => {
    host.errors.count(`check '${name}'`, 0, error instanceof Error ? error.message : String(error));
    return false;
  };

  const evaluate = (
    value: unknown,
    conditions: Readonly<Record<string, Predicate<unknown>>>,
    extra: Readonly<Record<string, string>> | undefined,
  ): boolean | Promise<boolean> => {
    let tags = host.tags();
    if (extra !== undefined) for (const key in extra) tags = tags.with(key, String(extra[key]));
    const byName = checksUnder(tags);
    let all = true;
    let pending: Promise<boolean>[] | undefined;
    for (const name in conditions) {
      const condition = conditions[name];
      const series = seriesOf(host, tags, byName, name);
      let outcome: unknown;
      try {
        outcome = typeof condition === 'function' ? condition(value) : condition;
      } catch (error) {
        outcome = broken(name, error);
      }
      if (isThenable(outcome)) {
        pending ??= [];
        pending.push(
          Promise.resolve(outcome)
            .catch((error: unknown) => broken(name, error))
            .then((result) => {
              series.add(result ? 1 : 0);
              return Boolean(result);
            }),
        );
      } else {
        series.add(outcome ? 1 : 0);
        if (!outcome) all = false;
      }
    }
    if (pending === undefined) return all;
    return Promise.all(pending).then((results) => all && results.every(Boolean));
  };

  const check = (
    value: unknown,
    conditions: Readonly<Record<string, Predicate<unknown>>>,
    tags?: Readonly<Record<string, string>>,
  ): boolean | Promise<boolean> => {
    if (typeof conditions !== 'object' || conditions === null) {
      throw new TypeError("check(value, { 'what should hold': (value) => … }): the conditions are missing");
    }
    if (!isThenable(value)) return evaluate(value, conditions, tags);
    return Promise.resolve(value).then((settled) => evaluate(settled, conditions, tags));
  };
  return check as CheckFunction;
}
