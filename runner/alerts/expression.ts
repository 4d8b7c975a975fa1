/**
 * A threshold as a PromQL expression that has a value where the threshold fails, over the metrics of the Prometheus
 * outputs.
 *
 * Their counters and buckets begin at 0 with the run, and every run has its own series. So the whole run is what the
 * counters say now, without a range; and a window is what they say now less what they said then, which is exact where
 * `increase()` extrapolates, counts series from 0 that began within the window, and has no value before one window has
 * passed since the first sample: as a threshold.
 *
 *     threshold                     expression
 *     p(95)<400                     histogram_quantile(0.95, sum by (run, le) (x_bucket)) > 0.4
 *     p(95)<400 over 30s            histogram_quantile(0.95, sum … (x_bucket) - sum … (x_bucket offset 30s)) > 0.4
 *     avg<200                       sum(x_sum) / sum(x_count) >= 0.2
 *     max<500, min>1                sum(x_count) - sum(x_bucket{le="0.5"}) > 0; sum(x_bucket{le="0.001"}) > 0
 *     rate>0.99 (of a rate)         sum(x_true_total) / sum(x_samples_total) <= 0.99
 *     rate>100 (of a counter)       sum(x_total) / brunt_run_elapsed_seconds <= 100
 *     count<10                      sum(x_total) >= 10
 *     value, min, max of a gauge    the gauge; min_over_time, max_over_time of it
 *
 * `sum` stands for `sum by (run)`. Limits of thresholds are bounds of the classic histograms that the outputs make, so a
 * quantile of these is above a limit exactly where ours is; of native ones it is within 2.2 %.
 */

import { gaugeRuleOf } from '../aggregate/gauge.ts';
import { familiesOf, labelOf, RUN_ELAPSED, RUN_INFO, toBaseUnit } from '../outputs/prometheus/names.ts';
import { floatText } from '../outputs/prometheus/series.ts';
import type { Operator, ThresholdRule } from '../thresholds/rule.ts';

export interface ExpressionOptions {
  /** As the label `script` has it. */
  readonly script: string;
  readonly nativeHistograms: boolean;
  /** Whether there may be series of setup and teardown, which thresholds leave out. */
  readonly lifecycle: boolean;
  /** When a scenario stops starting iterations (without a name: the last of them), ms since the start. */
  readonly loadEndMs: (scenario: string | undefined) => number;
}

export type Expressed =
  | {
      readonly ok: true;
      readonly expr: string;
      /** What the expression's value is, if it is not the statistic. */
      readonly of?: string;
      /** Something that the reader should know. */
      readonly note?: string;
    }
  | { readonly ok: false; readonly reason: string };

/** Where a threshold fails that wants the operator to hold. */
const FAILS: Readonly<Record<Operator, string>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '==': '!=',
  '!=': '==',
};

/** PromQL takes the escapes of Go, of which JSON's are a part. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function seconds(ms: number): string {
  return `${ms / 1000}s`;
}

function isUpperBound({ operator }: ThresholdRule): boolean {
  return operator === '<' || operator === '<=';
}

function isLowerBound({ operator }: ThresholdRule): boolean {
  return operator === '>' || operator === '>=';
}

const ELAPSED = `max by (run) (${RUN_ELAPSED.name})`;

class Expression {
  readonly #rule: ThresholdRule;
  readonly #options: ExpressionOptions;
  readonly #matchers: readonly string[];

  constructor(rule: ThresholdRule, options: ExpressionOptions) {
    this.#rule = rule;
    this.#options = options;
    const { tags } = rule.selector;
    const own = tags.map(([key, value]) => `${labelOf(key)}=${quote(value)}`);
    const lifecycle = options.lifecycle && !tags.some(([key]) => key === 'group');
    this.#matchers = lifecycle ? [...own, 'group!~"::(setup|teardown)(::.*)?"'] : own;
  }

  make(): Expressed {
    const { measure, def } = this.#rule;
    if (measure.kind !== 'stat') {
      return {
        ok: false,
        reason: `${measure.kind} is of the whole course of a gauge, which PromQL has no function for`,
      };
    }
    switch (def.type) {
      case 'trend':
        return this.#trend(measure.stat);
      case 'counter':
        return this.#counter(measure.stat);
      case 'rate':
        return this.#rate(measure.stat);
      case 'gauge':
        return this.#gauge(measure.stat);
    }
  }

  #trend(stat: string): Expressed {
    const { nativeHistograms } = this.#options;
    const [{ name } = { name: '' }] = familiesOf(this.#rule.def);
    const whole = (what: 'sum' | 'count'): string =>
      nativeHistograms ? `histogram_${what}(${this.#sum(name)})` : this.#sum(`${name}_${what}`);
    switch (stat) {
      case 'avg':
        return this.#compared(`${whole('sum')} / ${whole('count')}`);
      case 'sum':
        return this.#compared(whole('sum'));
      case 'count':
        return this.#rising(whole('count'));
      case 'stdev':
        return { ok: false, reason: 'Prometheus has no sum of squares to take a standard deviation from' };
      case 'min':
      case 'p(0)':
        return this.#extreme(name, 'min');
      case 'max':
      case 'p(100)':
        return this.#extreme(name, 'max');
      default:
        return this.#quantile(name, stat === 'med' ? 50 : Number(stat.slice(2, -1)));
    }
  }

  /**
   * Of buckets it can only be told whether a quantile is in those up to the limit, or above, so `<` is as `<=`. There the
   * limit is a bound, and interpolation ends at it.
   */
  #quantile(name: string, p: number): Expressed {
    if (!isUpperBound(this.#rule) && !isLowerBound(this.#rule)) return this.#inexact();
    const buckets = this.#options.nativeHistograms
      ? this.#sum(name)
      : this.#sum(`${name}_bucket`, { by: 'run, le' });
    const quantile = Number((p / 100).toPrecision(12));
    const sign = isUpperBound(this.#rule) ? '>' : '<=';
    return this.#finished(`histogram_quantile(${quantile}, ${bare(buckets)}) ${sign} ${this.#limit()}`);
  }

  /** Whether a single value is beyond the limit. */
  #extreme(name: string, which: 'min' | 'max'): Expressed {
    if (!isUpperBound(this.#rule) && !isLowerBound(this.#rule)) return this.#inexact();
    if (this.#options.nativeHistograms) return this.#quantile(name, which === 'min' ? 0 : 100);
    const below = this.#sum(`${name}_bucket`, { matcher: `le=${quote(floatText(this.#baseLimit()))}` });
    const above = `${this.#sum(`${name}_count`)} - ${below}`;
    const fails = isUpperBound(this.#rule)
      ? { max: `${above} > 0`, min: `${below} == 0` }[which]
      : { max: `${above} == 0`, min: `${below} > 0` }[which];
    const side = (which === 'max') === isUpperBound(this.#rule) ? 'beyond' : 'within';
    return this.#finished(fails, { of: `values ${side} the limit` });
  }

  #counter(stat: string): Expressed {
    const [{ name } = { name: '' }] = familiesOf(this.#rule.def);
    const { windowMs, def } = this.#rule;
    const sum = this.#sum(name);
    if (stat === 'count') return this.#rising(sum);
    if (windowMs !== undefined) return this.#compared(`${sum} / ${windowMs / 1000}`);
    // What Brunt itself counts is 0 until there is something.
    const counted = isLowerBound(this.#rule) && !def.custom ? `(${sum} or 0 * ${ELAPSED})` : sum;
    return this.#compared(`${counted} / ${ELAPSED}`);
  }

  #rate(stat: string): Expressed {
    const [first, second] = familiesOf(this.#rule.def).map(({ name }) => this.#sum(name));
    const [passes, all] = [first as string, second as string];
    if (stat === 'passes') return this.#rising(passes);
    if (stat === 'fails') return this.#rising(`${all} - ${passes}`);
    return this.#compared(`${passes} / ${all}`);
  }

  #gauge(stat: string): Expressed {
    const { def, windowMs } = this.#rule;
    const [{ name } = { name: '' }] = familiesOf(def);
    const kind = gaugeRuleOf(def.name);
    const aggregation = kind === 'last' ? (isLowerBound(this.#rule) ? 'min' : 'max') : kind;
    const now = `${aggregation} by (run) (${name}${this.#selected()})`;
    const note =
      kind === 'last'
        ? `Where there are several series of ${def.name}, the worst of them counts.`
        : undefined;
    const rangeMs = windowMs ?? Math.ceil(this.#options.loadEndMs(this.#scenario()) / 1000) * 1000;
    // A hair less: Prometheus 2 counts both ends of a range, version 3 the later one only.
    const expr = stat === 'value' ? now : `${stat}_over_time((${now})[${Math.max(1000, rangeMs) - 1}ms:1s])`;
    return this.#compared(expr, note === undefined ? {} : { note });
  }

  /** A count: too low ones may still be reached, as long as the run goes on. */
  #rising(expr: string): Expressed {
    const { operator, windowMs } = this.#rule;
    if (windowMs !== undefined || isUpperBound(this.#rule)) return this.#compared(expr);
    if (operator === '==') {
      const note = 'That the count stays below is known only at the end.';
      return this.#finished(`${expr} > ${this.#limit()}`, this.#rule.limit === 0 ? {} : { note });
    }
    return { ok: false, reason: 'whether the count is reached is known only when the run ends' };
  }

  #inexact(): Expressed {
    return { ok: false, reason: 'buckets cannot tell whether a value is exactly the limit' };
  }

  #compared(expr: string, more: { readonly note?: string } = {}): Expressed {
    return this.#finished(`${expr} ${FAILS[this.#rule.operator]} ${this.#limit()}`, more);
  }

  #finished(failing: string, more: { readonly of?: string; readonly note?: string } = {}): Expressed {
    const { def, windowMs } = this.#rule;
    const parts = [failing, `on (run) ${RUN_INFO.name}{script=${quote(this.#options.script)}}`];
    if (windowMs !== undefined && def.type === 'counter' && isLowerBound(this.#rule)) {
      // At the end of the load the windows run empty, which is no failure.
      const endMs = this.#options.loadEndMs(this.#scenario());
      parts.push(`on (run) floor(${ELAPSED}) <= ${endMs / 1000}`);
    }
    return { ok: true, expr: parts.join('\n  and '), ...more };
  }

  /** The sum over all series of a metric, in the rule's window. Bracketed where it is a difference. */
  #sum(name: string, { by = 'run', matcher = '' } = {}): string {
    const { windowMs } = this.#rule;
    const selected = this.#selected(matcher);
    const at = (offset: string): string => `sum by (${by}) (${name}${selected}${offset})`;
    return windowMs === undefined ? at('') : `(${at('')} - ${at(` offset ${seconds(windowMs)}`)})`;
  }

  #selected(matcher = ''): string {
    const all = matcher === '' ? this.#matchers : [...this.#matchers, matcher];
    return all.length === 0 ? '' : `{${all.join(', ')}}`;
  }

  #scenario(): string | undefined {
    return this.#rule.selector.tags.find(([key]) => key === 'scenario')?.[1];
  }

  #baseLimit(): number {
    return toBaseUnit(this.#rule.limit, this.#rule.def);
  }

  /** Counts, shares and rates have no unit to convert, even of a metric of times. */
  #limit(): string {
    const { measure, def, limit } = this.#rule;
    const plain = measure.kind === 'stat' && def.type === 'trend' && measure.stat === 'count';
    return String(plain ? limit : this.#baseLimit());
  }
}

/** Without the brackets around all of it. */
function bare(expr: string): string {
  return expr.startsWith('(') && expr.endsWith(')') ? expr.slice(1, -1) : expr;
}

export function expressionOf(rule: ThresholdRule, options: ExpressionOptions): Expressed {
  return new Expression(rule, options).make();
}
