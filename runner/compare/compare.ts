/** From saved results to a comparison. */

import { BruntError, ConfigError, EXIT } from '../../dsl/errors.ts';
import type { MetricType } from '../../dsl/metrics.ts';
import type { Selector } from '../aggregate/types.ts';
import { loadResult } from '../results/result.ts';
import { formatSelector } from '../thresholds/selector.ts';
import { unfitStatistic } from '../thresholds/statistics.ts';
import { bootstrap, LEAST_BLOCKS } from './bootstrap.ts';
import { concerns } from './guards.ts';
import {
  CAPACITY,
  DIFFERENT_DEFINITIONS,
  higherIsBetter,
  parseSubject,
  type Quantity,
  quantityOf,
  type Subject,
  sameDefinition,
  statFor,
  tooFewSamples,
  USUAL_SUBJECTS,
} from './metrics.ts';
import type { Compared, Comparison, Skipped } from './model.ts';
import { type ComparedRun, needsCourse, readSaved } from './reading.ts';
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

/** What is to be compared: the usual subjects as far as there are any, and some that were asked for by name. */
export interface Wanted {
  readonly usual: boolean;
  readonly asked: readonly Subject[];
}

export interface Sides {
  readonly baseline: readonly ComparedRun[];
  readonly candidate: readonly ComparedRun[];
}

type Outcome = { readonly compared: Compared } | { readonly skipped: Skipped };

function usualSubjects(): readonly (readonly Subject[])[] {
  return USUAL_SUBJECTS.map((line) =>
    line.flatMap((text) => {
      const read = parseSubject(text);
      return read.ok ? [read.subject] : [];
    }),
  );
}

/** All that has to be read of every run. */
export function subjectsOf({ usual, asked }: Wanted): readonly Subject[] {
  return [...(usual ? usualSubjects().flat() : []), ...asked];
}

/** Loads the files and compares them. Throws a BruntError (exit 104) for unreadable files and unlike runs. */
export async function compareFiles(
  baseline: readonly string[],
  candidate: readonly string[],
  options: CompareOptions,
): Promise<Comparison> {
  const wanted = { usual: options.subjects.length === 0, asked: options.subjects };
  const subjects = subjectsOf(wanted);
  const single = baseline.length === 1 && candidate.length === 1;
  const load = async (files: readonly string[]): Promise<ComparedRun[]> => {
    const runs: ComparedRun[] = [];
    for (const file of files) runs.push(await loadRun(file, subjects, { intervals: single }));
    return runs;
  };
  const sides = { baseline: await load(baseline), candidate: await load(candidate) };
  const found = concerns([...sides.baseline, ...sides.candidate].map(({ identity }) => identity));
  const refused = found.filter(({ severity }) => severity === 'refuse');
  if (refused.length > 0 && !options.force) {
    throw new ConfigError(
      refused.map(({ message }) => ({
        message: `The runs cannot be compared: ${message}.`,
        hint: 'Compare complete runs of one script and load, or give --force to see the numbers all the same',
      })),
    );
  }
  const comparison = compareRuns(sides, wanted, options);
  if (comparison.metrics.length === 0) {
    const reasons = comparison.skipped.map(({ metric, reason }) => `${metric}: ${reason}`);
    throw new BruntError(
      `there is nothing to compare: ${reasons.join('; ') || 'the runs have no metric in common'}`,
      {
        code: 'NOTHING_TO_COMPARE',
        exitCode: EXIT.badConfig,
        hint: 'name a metric that the runs have: --metric http_req_duration:p(95)',
      },
    );
  }
  return { ...comparison, warnings: found.map(({ message }) => message) };
}

/** Loads a result and keeps what is asked for; its seconds only with `intervals`. `name` is for messages. */
export async function loadRun(
  file: string,
  subjects: readonly Subject[],
  { intervals = false, name = file }: { readonly intervals?: boolean; readonly name?: string } = {},
): Promise<ComparedRun> {
  const selectors = (of: readonly Subject[]) => of.map(({ selector }) => selector);
  const result = await loadResult(file, {
    intervals: intervals ? selectors(subjects) : [],
    courses: selectors(subjects.filter(needsCourse)),
  });
  return readSaved(result, subjects, name);
}

/** Judges runs that were found to be alike. There may be nothing that they have in common. */
export function compareRuns(
  sides: Sides,
  wanted: Wanted,
  options: Pick<CompareOptions, 'margin' | 'maxRatio'>,
): Comparison {
  const outcomes = outcomesOf(sides, wanted, options.margin);
  const metrics = withHolm(
    outcomes.flatMap((outcome) => ('compared' in outcome ? [outcome.compared] : [])),
    options.margin,
  );
  const { margin, maxRatio } = options;
  const names = (runs: readonly ComparedRun[]) => runs.map(({ identity }) => identity.name);
  return {
    schema: 'brunt/comparison@1',
    verdict: verdictOf(metrics),
    margin,
    maxRatio,
    overMaxRatio: metrics
      .filter(({ effect }) => maxRatio !== null && (effect === null || 1 + effect > maxRatio))
      .map(({ metric, stat }) => `${metric} ${stat}`),
    baseline: names(sides.baseline),
    candidate: names(sides.candidate),
    metrics,
    skipped: outcomes.flatMap((outcome) => ('skipped' in outcome ? [outcome.skipped] : [])),
    warnings: [],
  };
}

function outcomesOf(sides: Sides, { usual, asked }: Wanted, margin: number): readonly Outcome[] {
  const lines = usual ? usualSubjects() : [];
  const outcomes: Outcome[] = lines.flatMap((line) => {
    const tried = line.map((subject) => compareSubject(subject, sides, margin));
    return tried.find((outcome) => 'compared' in outcome) ?? [];
  });
  const capacity = outcomes.filter((o) => 'compared' in o && o.compared.metric === CAPACITY);
  // Its probes above the capacity are meant to fail: nothing else of such a run says how it went.
  const kept = capacity.length > 0 ? capacity : outcomes;
  const has = (outcome: Outcome) =>
    'compared' in outcome &&
    kept.some(
      (one) =>
        'compared' in one &&
        one.compared.metric === outcome.compared.metric &&
        one.compared.stat === outcome.compared.stat,
    );
  for (const subject of asked) {
    const outcome = compareSubject(subject, sides, margin);
    if (!has(outcome)) kept.push(outcome);
  }
  return kept;
}

function compareSubject(subject: Subject, { baseline, candidate }: Sides, margin: number): Outcome {
  const name = formatSelector(subject.selector);
  const skip = (reason: string): Outcome => ({ skipped: { metric: name, reason } });
  const defs = [...baseline, ...candidate].map((run) => run.reading(subject).def);
  const def = defs.find((found) => found !== undefined);
  if (def === undefined) return skip('no run has it');
  if (defs.some((d) => d !== undefined && !sameDefinition(d, def))) return skip(DIFFERENT_DEFINITIONS);
  const stat = statFor(subject, def);
  const unfit = unfitStatistic(stat, def);
  if (unfit !== undefined) return skip(unfit.message);

  const read = (runs: readonly ComparedRun[]): readonly number[] | string => {
    const values: number[] = [];
    for (const run of runs) {
      const reading = run.reading(subject);
      if (reading.kind === 'missing') return `${run.identity.name} ${reading.instead}`;
      const few = tooFewSamples(run.identity.name, reading.stat, reading.samples);
      if (few !== undefined) return few;
      if (reading.value < 0) return `it is below 0 in ${run.identity.name}: a ratio says nothing`;
      values.push(reading.value);
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
  const judging = { margin, higherIsBetter: quantity.higherIsBetter };
  const judged =
    a.length === 1 && b.length === 1
      ? withinRun(subject.selector, { baseline, candidate }, [a[0] as number, b[0] as number], {
          type: def.type,
          stat,
          quantity,
          margin,
        })
      : judgeRuns(a.map(asJudged), b.map(asJudged), judging);
  const { type, unit } = def;
  const middle = (values: readonly number[]) => medianOf([...values].sort((x, y) => x - y));
  const values = { baseline: a, candidate: b, baselineValue: middle(a), candidateValue: middle(b) };
  const compared = { metric: name, stat, type, unit, higherIsBetter: better, ...values, ...judged };
  const { effect, lower, upper } = judged;
  return { compared: { ...compared, effect: finite(effect), lower: finite(lower), upper: finite(upper) } };
}

/** JSON has no infinity: `null` stands for what cannot be told as a share. */
function finite(share: number | null): number | null {
  return share !== null && Number.isFinite(share) ? share : null;
}

interface WithinRunSubject {
  readonly type: MetricType;
  readonly stat: string;
  readonly quantity: Quantity;
  readonly margin: number;
}

function withinRun(
  selector: Selector,
  { baseline, candidate }: Sides,
  values: readonly [baseline: number, candidate: number],
  { type, stat, quantity, margin }: WithinRunSubject,
): Judged & { readonly note?: string } {
  const [a, b] = values.map(quantity.from) as [number, number];
  const effect = Math.expm1((quantity.higherIsBetter ? -1 : 1) * logRatio(a, b));
  const judged = { design: 'within-run', effect, p: null } as const;
  const seconds = [...baseline, ...candidate].map((run) => run.intervals(selector) ?? []);
  const [ofA = [], ofB = []] = seconds;
  const drawn = bootstrap(ofA, ofB, { type, stat }, quantity, margin);
  if (drawn === undefined) {
    const short = seconds.some(({ length }) => length < LEAST_BLOCKS);
    const note = `no bounds: ${short ? `fewer than ${LEAST_BLOCKS} seconds` : `${stat} cannot be resampled`}`;
    return { ...judged, lower: null, upper: null, verdict: 'inconclusive', moreRuns: 3, note };
  }
  const { lower, upper } = drawn;
  if (drawn.verdict === 'ok') return { ...judged, lower, upper, verdict: 'ok' };
  const bounded = { ...judged, lower, upper, verdict: 'inconclusive', moreRuns: 3 } as const;
  return drawn.verdict === 'regression'
    ? { ...bounded, note: 'looks worse, but one run of each side cannot prove it' }
    : bounded;
}

/** With several metrics under test, a regression has to hold against the chance that one of them looks bad. */
function withHolm(metrics: readonly Compared[], margin: number): readonly Compared[] {
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
    const { baseline, candidate, design, type, stat } = compared;
    if (design === 'history') {
      const enough = Math.ceil(tested.length / ALPHA) - 1;
      const note = `worse than all ${baseline.length}, but among ${tested.length} metrics only a history of ${enough} proves it`;
      return { ...compared, verdict: 'inconclusive', note };
    }
    const { from, higherIsBetter } = quantityOf(type, stat, compared.higherIsBetter);
    const judging = { margin, higherIsBetter };
    return {
      ...compared,
      verdict: 'inconclusive',
      moreRuns: moreRuns(baseline.map(from), candidate.map(from), judging, ALPHA / tested.length),
      note: `worse by itself, but not certain enough among ${tested.length} metrics`,
    };
  });
}

function verdictOf(metrics: readonly Compared[]): Verdict {
  if (metrics.some(({ verdict }) => verdict === 'regression')) return 'regression';
  return metrics.some(({ verdict }) => verdict === 'inconclusive') ? 'inconclusive' : 'ok';
}
