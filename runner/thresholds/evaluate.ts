/**
 * The judge: tells every second, and for good at the end, which rules hold.
 *
 *     measure                        judged during the run          at the end
 *     whole-run statistic            every second                   over everything
 *     count, passes, fails with      not yet: it can still be       over everything
 *       > >= or !=                     reached
 *     over a window                  every full window, once one    the last window too; a run shorter than the
 *                                      has passed since the first     window is judged over what there is
 *                                      sample, see `Window`
 *     growth, slope                  every second                   over the whole course
 *
 * A window that failed at any second has failed the run; its result reports the worst value and when it was. All
 * other rules stand by their last evaluation.
 *
 * No data: a rule without a single sample fails at the end with the note `no data` (unless `noData: 'pass'`), and
 * never during the run. The exception are Brunt's own counters (`http_reqs`, `iteration_errors`,
 * `dropped_iterations`, `ws_errors`, …): there zero is the truth, and `count` and `rate` evaluate as 0.
 */

import type { Aggregate, MetricState, Selector, Tracked } from '../aggregate/types.ts';
import type { ThresholdResult } from '../summary/model.ts';
import { growth, slope } from './course.ts';
import { holds, type ThresholdRule } from './rule.ts';
import { RISING_STATISTICS } from './statistics.ts';

export interface RuleFailure {
  readonly rule: ThresholdRule;
  readonly result: ThresholdResult;
}

export interface Judgement {
  /** Results of the script's thresholds by metric or sub-metric (canonical spelling), in the script's order. */
  readonly results: ReadonlyMap<string, readonly ThresholdResult[]>;
  /** What fails now, built-in rules included. */
  readonly failures: readonly RuleFailure[];
  /** The first failing rule with `abortOnFail` whose delay is over; never at the end. */
  readonly abort: { readonly rule: ThresholdRule; readonly value: number | null } | undefined;
}

export interface Judge {
  /**
   * Call when every worker's snapshot of a second was applied, and with `final` once after the last; a window that
   * lacks a worker's last second looks too low for good. `atMs`: time since the run's start.
   *
   * Counter rates divide by `aggregate.durationMs`. Leave that at 0 until the end: then they divide by the time that
   * was reported on, not by the part of a second that is still under way.
   */
  evaluate(atMs: number, final: boolean): Judgement;
}

export interface JudgeOptions {
  /**
   * When a scenario stops starting iterations (without a name: the last of them), ms since the run's start; asked
   * anew at every evaluation, as a run may be stopped early. After that, windowed counts and counter rates are not
   * held against a lower bound: they fall because the test is over.
   */
  readonly loadEndMs?: (scenario: string | undefined) => number;
}

/** Timers are late and snapshots come once a second: a window this much short of full is full. */
const TOLERANCE_MS = 100;

/** Registers what the rules need with the aggregate; call before the first snapshot. */
export function createJudge(
  rules: readonly ThresholdRule[],
  aggregate: Aggregate,
  options: JudgeOptions = {},
): Judge {
  const tracked = trackAll(rules, aggregate);
  const judges = rules.map((rule) => {
    const state = tracked.get(rule.metric)!;
    return rule.windowMs === undefined
      ? new WholeRun(rule, state)
      : new Window(rule, state, rule.windowMs, options.loadEndMs);
  });

  return {
    evaluate(atMs, final) {
      const results = new Map<string, ThresholdResult[]>();
      const failures: RuleFailure[] = [];
      let abort: Judgement['abort'];
      for (const judge of judges) {
        const { rule } = judge;
        const result = judge.judge(atMs, final);
        if (!rule.builtin) {
          const list = results.get(rule.metric);
          if (list === undefined) results.set(rule.metric, [result]);
          else list.push(result);
        }
        if (result.ok) continue;
        failures.push({ rule, result });
        if (rule.abortOnFail && !final && atMs >= rule.delayAbortEvalMs) {
          abort ??= { rule, value: result.value };
        }
      }
      return { results, failures, abort };
    },
  };
}

/** One `track` per selector, with the longest window that any of its rules needs. */
function trackAll(rules: readonly ThresholdRule[], aggregate: Aggregate): ReadonlyMap<string, Tracked> {
  const needs = new Map<string, { selector: Selector; windowMs: number; history: boolean }>();
  for (const rule of rules) {
    const need = needs.get(rule.metric) ?? { selector: rule.selector, windowMs: 0, history: false };
    needs.set(rule.metric, {
      selector: need.selector,
      windowMs: Math.max(need.windowMs, rule.windowMs ?? 0),
      history: need.history || rule.measure.kind !== 'stat',
    });
  }
  return new Map(
    [...needs].map(([metric, { selector, windowMs, history }]) => [
      metric,
      aggregate.track(selector, { ...(windowMs > 0 ? { windowMs } : {}), ...(history ? { history } : {}) }),
    ]),
  );
}

/** Whether zero is the truth where a rule's metric has no sample: its own counters Brunt always counts. */
function countsFromZero({ def, measure }: ThresholdRule): boolean {
  return (
    def.type === 'counter' &&
    !def.custom &&
    measure.kind === 'stat' &&
    (measure.stat === 'count' || measure.stat === 'rate')
  );
}

function isLowerBound({ operator }: ThresholdRule): boolean {
  return operator === '>' || operator === '>=';
}

function statOf(state: MetricState, rule: ThresholdRule): number | undefined {
  if (rule.measure.kind !== 'stat' || state.samples === 0) return undefined;
  const value = state.stat(rule.measure.stat);
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

function verdictOf(rule: ThresholdRule, value: number, note?: string): ThresholdResult {
  const { operator, limit } = rule;
  const ok = holds(value, operator, limit);
  return { ...resultOf(rule, ok, value), ...(note === undefined || ok ? {} : { note }) };
}

function withoutData(rule: ThresholdRule, final: boolean): ThresholdResult {
  if (!final) return { ...resultOf(rule, true, null), note: 'no data yet' };
  return { ...resultOf(rule, rule.noData === 'pass', null), note: 'no data' };
}

function resultOf(rule: ThresholdRule, ok: boolean, value: number | null): ThresholdResult {
  const { threshold, limit, baseline } = rule;
  return { threshold, ok, value, limit, ...(baseline === undefined ? {} : { baseline }) };
}

class WholeRun {
  readonly rule: ThresholdRule;
  readonly #state: Tracked;

  constructor(rule: ThresholdRule, state: Tracked) {
    this.rule = rule;
    this.#state = state;
  }

  judge(_atMs: number, final: boolean): ThresholdResult {
    const { rule } = this;
    const value = this.#value();
    if (value === undefined) return withoutData(rule, final);
    const result = verdictOf(rule, value);
    if (result.ok || final || !this.#canStillBeReached()) return result;
    return { ...result, ok: true, note: 'not reached yet' };
  }

  #value(): number | undefined {
    switch (this.rule.measure.kind) {
      case 'growth':
        return growth(this.#state.history());
      case 'slope':
        return slope(this.#state.history());
      case 'stat': {
        const value = statOf(this.#state, this.rule);
        return value === undefined && countsFromZero(this.rule) ? 0 : value;
      }
    }
  }

  /** A count that is too low for now; `==` fails as soon as the count has passed the limit. */
  #canStillBeReached(): boolean {
    const { measure, operator, limit } = this.rule;
    if (measure.kind !== 'stat' || !RISING_STATISTICS.has(measure.stat)) return false;
    if (operator === '==') return (this.#value() ?? 0) < limit;
    return isLowerBound(this.rule) || operator === '!=';
  }
}

class Window {
  readonly rule: ThresholdRule;
  readonly #state: Tracked;
  readonly #windowMs: number;
  readonly #scenario: string | undefined;
  readonly #loadEndMs: JudgeOptions['loadEndMs'];
  /** The second in which the first sample came began here; undefined before. */
  #sinceMs: number | undefined;
  #lastMs = 0;
  #worst: { readonly value: number; readonly atMs: number } | undefined;

  constructor(rule: ThresholdRule, state: Tracked, windowMs: number, loadEndMs: JudgeOptions['loadEndMs']) {
    this.rule = rule;
    this.#state = state;
    this.#windowMs = windowMs;
    this.#scenario = rule.selector.tags.find(([key]) => key === 'scenario')?.[1];
    this.#loadEndMs = loadEndMs;
  }

  judge(atMs: number, final: boolean): ThresholdResult {
    if (this.#sinceMs === undefined && this.#state.samples > 0) this.#sinceMs = this.#lastMs;
    this.#lastMs = atMs;
    const full = this.#sinceMs !== undefined && atMs - this.#sinceMs >= this.#windowMs - TOLERANCE_MS;
    if (full && !this.#isCutShort(atMs, final)) this.#look(atMs);
    else if (final && this.#worst === undefined) this.#look(atMs);
    return this.#result(final);
  }

  #look(atMs: number): void {
    const { rule } = this;
    let value = statOf(this.#state.window(this.#windowMs), rule);
    // Once a counter has counted, an empty window is a window with zero, whoever made the counter.
    if (
      value === undefined &&
      rule.def.type === 'counter' &&
      (this.#state.samples > 0 || countsFromZero(rule))
    )
      value = 0;
    if (value !== undefined && this.#isWorse(value)) this.#worst = { value, atMs };
  }

  #isWorse(value: number): boolean {
    const { operator, limit } = this.rule;
    const worst = this.#worst?.value;
    if (worst === undefined) return true;
    switch (operator) {
      case '<':
      case '<=':
        return value > worst;
      case '>':
      case '>=':
        return value < worst;
      case '==':
        return Math.abs(value - limit) > Math.abs(worst - limit);
      case '!=':
        return value === limit && worst !== limit;
    }
  }

  /**
   * A count is too low in a window that holds less than its time of load. Windows end with whole seconds, so the
   * end of the run, which comes in the middle of one, is no end of a window.
   */
  #isCutShort(atMs: number, final: boolean): boolean {
    if (this.rule.def.type !== 'counter' || !isLowerBound(this.rule)) return false;
    const endMs = this.#loadEndMs?.(this.#scenario) ?? Number.POSITIVE_INFINITY;
    return final || Math.floor(atMs / 1000) * 1000 > endMs;
  }

  #result(final: boolean): ThresholdResult {
    if (this.#worst === undefined) return withoutData(this.rule, final);
    const { value, atMs } = this.#worst;
    return verdictOf(
      this.rule,
      value,
      `in the ${Math.round(this.#windowMs / 1000)}s up to ${Math.floor(atMs / 1000)}s`,
    );
  }
}
