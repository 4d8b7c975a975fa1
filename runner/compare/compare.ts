/** From saved results to a comparison. */

import { BruntError, ConfigError, EXIT } from '../../dsl/errors.ts';
import type { MetricDef } from '../../dsl/metrics.ts';
import type { Selector } from '../aggregate/types.ts';
import { loadResult, type SavedResult } from '../results/result.ts';
import { formatSelector } from '../thresholds/selector.ts';
import { unfitStatistic } from '../thresholds/statistics.ts';
import { bootstrap, LEAST_BLOCKS } from './bootstrap.ts';
import { concerns } from './guards.ts';
import {
  DEFAULT_SUBJECTS,
  higherIsBetter,
  leastSamples,
  parseSubject,
  type Quantity,
  quantityOf,
  type Subject,
  statFor,
} from './metrics.ts';
import type { Compared, Comparison, Skipped } from './model.ts';
import {
  ALPHA,
  holm,
  type Judged,
  judgeRuns,
  logRatio,
  medianOf,
  moreRuns,
  type Verdict,
} from './verdict.ts';

export interface CompareOptions {
  /** Empty: the usual ones. */
  readonly subjects: readonly Subject[];
  /** 0.05 is 5 %. */
  readonly margin: number;
  readonly maxRatio: number | null;
  /** Unlike runs are compared all the same, with a warning each. */
  readonly force: boolean;
}

export const DEFAULT_MARGIN = 0.05;

interface Sides {
  readonly baseline: readonly SavedResult[];
  readonly candidate: readonly SavedResult[];
}

type Outcome = { readonly compared: Compared } | { readonly skipped: Skipped };

function defaultSubjects(): readonly (readonly Subject[])[] {
  return DEFAULT_SUBJECTS.map((line) =>
    line.flatMap((text) => {
      const read = parseSubject(text);
      return read.ok ? [read.subject] : [];
    }),
  );
}

/** Loads the files and compares them. Throws a BruntError (exit 104) for unreadable files and unlike runs. */
export async function compareFiles(
  baseline: readonly string[],
  candidate: readonly string[],
  options: CompareOptions,
): Promise<Comparison> {
  const single = baseline.length === 1 && candidate.length === 1;
  const wanted = options.subjects.length > 0 ? options.subjects : defaultSubjects().flat();
  const intervals = single ? wanted.map(({ selector }) => selector) : [];
  const load = async (files: readonly string[]): Promise<SavedResult[]> => {
    const results: SavedResult[] = [];
    // One after the other: a folder of long runs does not fit into memory at once while it is decoded.
    for (const file of files) results.push(await loadResult(file, { intervals }));
    return results;
  };
  return compareResults({ baseline: await load(baseline), candidate: await load(candidate) }, options);
}

export function compareResults(sides: Sides, options: CompareOptions): Comparison {
  const found = concerns([...sides.baseline, ...sides.candidate]);
  const refused = found.filter(({ severity }) => severity === 'refuse');
  if (refused.length > 0 && !options.force) {
    throw new ConfigError(
      refused.map(({ message }) => ({
        message: `The runs cannot be compared: ${message}.`,
        hint: 'Compare complete runs of one script and load, or give --force to see the numbers all the same',
      })),
    );
  }
  const outcomes = compareSubjects(sides, options);
  const metrics = withHolm(
    outcomes.flatMap((outcome) => ('compared' in outcome ? [outcome.compared] : [])),
    options,
  );
  if (metrics.length === 0) {
    const reasons = outcomes.flatMap((o) =>
      'skipped' in o ? [`${o.skipped.metric}: ${o.skipped.reason}`] : [],
    );
    throw new BruntError(
      `there is nothing to compare: ${reasons.join('; ') || 'the runs have no metric in common'}`,
      {
        code: 'NOTHING_TO_COMPARE',
        exitCode: EXIT.badConfig,
        hint: 'name a metric that the runs have: --metric http_req_duration:p(95)',
      },
    );
  }
  const { maxRatio } = options;
  return {
    schema: 'brunt/comparison@1',
    verdict: verdictOf(metrics),
    margin: options.margin,
    maxRatio,
    overMaxRatio: metrics
      .filter(({ effect }) => maxRatio !== null && 1 + effect > maxRatio)
      .map(({ metric, stat }) => `${metric} ${stat}`),
    baseline: sides.baseline.map(({ file }) => file),
    candidate: sides.candidate.map(({ file }) => file),
    metrics,
    skipped: outcomes.flatMap((outcome) => ('skipped' in outcome ? [outcome.skipped] : [])),
    warnings: found.map(({ message }) => message),
  };
}

function compareSubjects(sides: Sides, options: CompareOptions): readonly Outcome[] {
  if (options.subjects.length > 0)
    return options.subjects.map((subject) => compareSubject(subject, sides, options));
  return defaultSubjects().flatMap((line) => {
    const outcomes = line.map((subject) => compareSubject(subject, sides, options));
    return outcomes.find((outcome) => 'compared' in outcome) ?? [];
  });
}

function compareSubject(subject: Subject, { baseline, candidate }: Sides, options: CompareOptions): Outcome {
  const name = formatSelector(subject.selector);
  const skip = (reason: string): Outcome => ({ skipped: { metric: name, reason } });
  const defs = [...baseline, ...candidate].map((result) => defIn(result, subject.selector));
  const def = defs.find((found) => found !== undefined);
  if (def === undefined) return skip('no run has it');
  if (
    defs.some(
      (d) => d !== undefined && (d.type !== def.type || d.unit !== def.unit || d.digits !== def.digits),
    )
  )
    return skip('the runs define it differently: type, unit or precision of its histogram');
  const stat = statFor(subject, def);
  const unfit = unfitStatistic(stat, def);
  if (unfit !== undefined) return skip(unfit.message);

  const least = leastSamples(stat);
  const read = (results: readonly SavedResult[]): readonly number[] | string => {
    const values: number[] = [];
    for (const result of results) {
      const state = result.aggregate.track(subject.selector);
      const value = state.samples === 0 ? undefined : state.stat(stat);
      if (value === undefined || !Number.isFinite(value)) return `${result.file} has no data of it`;
      if (state.samples < least)
        return `${stat} needs at least ${least} samples, and ${result.file} has ${state.samples}`;
      if (value < 0) return `it is below 0 in ${result.file}: a ratio says nothing`;
      values.push(value);
    }
    return values;
  };
  const a = read(baseline);
  if (typeof a === 'string') return skip(a);
  const b = read(candidate);
  if (typeof b === 'string') return skip(b);

  const better = higherIsBetter(def.name, stat);
  const quantity = quantityOf(def.type, stat, better);
  const asJudged = quantity.from;
  const judging = { margin: options.margin, higherIsBetter: quantity.higherIsBetter };
  const judged =
    a.length === 1 && b.length === 1
      ? withinRun(subject.selector, { baseline, candidate }, def, stat, quantity, judging.margin)
      : judgeRuns(a.map(asJudged), b.map(asJudged), judging);
  const { type, unit } = def;
  const middle = (values: readonly number[]) => medianOf([...values].sort((x, y) => x - y));
  const values = { baseline: a, candidate: b, baselineValue: middle(a), candidateValue: middle(b) };
  return { compared: { metric: name, stat, type, unit, higherIsBetter: better, ...values, ...judged } };
}

function defIn({ aggregate }: SavedResult, selector: Selector): MetricDef | undefined {
  return aggregate.metrics().find(({ def }) => def.name === selector.metric)?.def;
}

function withinRun(
  selector: Selector,
  { baseline, candidate }: Sides,
  { type }: MetricDef,
  stat: string,
  quantity: Quantity,
  margin: number,
): Judged & { readonly note?: string } {
  const [a, b] = [baseline[0] as SavedResult, candidate[0] as SavedResult];
  const measured = (result: SavedResult) =>
    quantity.from(result.aggregate.track(selector).stat(stat) as number);
  const ratio = (quantity.higherIsBetter ? -1 : 1) * logRatio(measured(a), measured(b));
  const effect = Math.expm1(ratio);
  const drawn = bootstrap(
    a.intervals(selector) ?? [],
    b.intervals(selector) ?? [],
    { type, stat },
    quantity,
    margin,
  );
  if (drawn === undefined) {
    const note = `no bounds: fewer than ${LEAST_BLOCKS} seconds, or ${stat} cannot be resampled`;
    return {
      design: 'within-run',
      effect,
      lower: null,
      upper: null,
      p: null,
      verdict: 'inconclusive',
      moreRuns: 3,
      note,
    };
  }
  const { lower, upper } = drawn;
  const verdict = drawn.verdict === 'ok' ? 'ok' : 'inconclusive';
  const note =
    drawn.verdict === 'regression' ? 'looks worse, but one run of each side cannot prove it' : undefined;
  const judged = { design: 'within-run', effect, lower, upper, p: null, verdict } as const;
  return {
    ...judged,
    ...(verdict === 'inconclusive' ? { moreRuns: 3 } : {}),
    ...(note === undefined ? {} : { note }),
  };
}

/** With several metrics under test, a regression has to hold against the chance that one of them looks bad. */
function withHolm(metrics: readonly Compared[], options: CompareOptions): readonly Compared[] {
  // What never changes in any run cannot raise an alarm.
  const tested = metrics.filter(({ p, baseline, candidate }) => {
    const first = baseline[0];
    return p !== null && [...baseline, ...candidate].some((value) => value !== first);
  });
  const regressions = new Set(
    holm(tested.map(({ p }) => p as number)).flatMap((is, i) => (is ? [tested[i] as Compared] : [])),
  );
  return metrics.map((compared) => {
    if (compared.verdict !== 'regression' || regressions.has(compared)) return compared;
    const { baseline, candidate, type, stat } = compared;
    const { from, higherIsBetter } = quantityOf(type, stat, compared.higherIsBetter);
    const judging = { margin: options.margin, higherIsBetter };
    const more = moreRuns(baseline.map(from), candidate.map(from), judging, ALPHA / tested.length);
    return {
      ...compared,
      verdict: 'inconclusive',
      moreRuns: compared.design === 'history' ? null : more,
      note: `worse by itself, but not certain enough among ${tested.length} metrics`,
    };
  });
}

function verdictOf(metrics: readonly Compared[]): Verdict {
  if (metrics.some(({ verdict }) => verdict === 'regression')) return 'regression';
  return metrics.some(({ verdict }) => verdict === 'inconclusive') ? 'inconclusive' : 'ok';
}
