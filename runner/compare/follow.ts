/**
 * `--baseline`: compares a run with its baseline when it is over. Of the run nothing is kept but what the comparison
 * needs: against a single run, the seconds of what is compared.
 */

import { EXIT } from '../../dsl/errors.ts';
import { decodeSnapshot } from '../../workers/record/snapshot.ts';
import type { RunFlags } from '../config/run-flags.ts';
import { IntervalTracker } from '../results/intervals.ts';
import type { RunFollower, RunPreparation } from '../run/follower.ts';
import type { Summary } from '../summary/model.ts';
import type { Cause } from '../summary/verdict.ts';
import { regressionText } from '../terminal/comparison.ts';
import type { Baseline } from './baseline.ts';
import { compareRuns, DEFAULT_MARGIN, subjectsOf } from './compare.ts';
import { identityOf } from './identity.ts';
import type { Comparison } from './model.ts';
import { readRun } from './reading.ts';

interface Followed {
  readonly run: RunPreparation;
  readonly baseline: Baseline;
  readonly trackers: readonly IntervalTracker[];
}

/** A verdict that one metric is worse than a history is one on the run, unless nothing is to judge it. */
function causesOf({ metrics }: Comparison): readonly Cause[] {
  return metrics
    .filter(({ verdict }) => verdict === 'regression')
    .map((compared) => ({ exitCode: EXIT.thresholdsFailed, reason: regressionText(compared) }));
}

export function compareWithBaseline(
  { noThresholds, once }: Pick<RunFlags, 'noThresholds' | 'once'>,
  warn: (text: string) => void,
): RunFollower {
  let followed: Followed | undefined;
  return {
    name: '--baseline',
    prepared: (run) => {
      const { baseline } = run;
      if (once) warn('--once: one iteration is not compared with the baseline');
      if (baseline === undefined) return;
      const alone = baseline.runs.length === 1;
      const trackers = alone
        ? subjectsOf(baseline.wanted).map(({ selector }) => new IntervalTracker(selector))
        : [];
      followed = { run, baseline, trackers };
    },
    snapshot: (bytes) => {
      if (followed === undefined || followed.trackers.length === 0) return;
      const snapshot = decodeSnapshot(bytes);
      for (const tracker of followed.trackers) tracker.add(snapshot);
    },
    finishing: (summary) => {
      const comparison = followed && compare(followed, summary(), warn);
      if (comparison === undefined) return undefined;
      return { comparison, causes: noThresholds ? [] : causesOf(comparison) };
    },
  };
}

function compare(
  { baseline, run, trackers }: Followed,
  summary: Summary,
  warn: (text: string) => void,
): Comparison | undefined {
  const identity = identityOf('this run', summary);
  if (identity.unusable !== undefined) {
    warn(`the run is not compared with its baseline: it ${identity.unusable}`);
    return undefined;
  }
  const candidate = readRun(identity, run.aggregate, subjectsOf(baseline.wanted), (selector) =>
    trackers.find((tracker) => tracker.isFor(selector))?.intervals(),
  );
  const comparison = compareRuns({ baseline: baseline.runs, candidate: [candidate] }, baseline.wanted, {
    margin: DEFAULT_MARGIN,
    maxRatio: null,
  });
  if (comparison.metrics.length === 0) {
    const reasons = comparison.skipped.map(({ metric, reason }) => `${metric}: ${reason}`);
    warn(
      `nothing of the run can be compared with its baseline: ${reasons.join('; ') || 'no metric in common'}`,
    );
    return undefined;
  }
  return { ...comparison, warnings: baseline.warnings };
}
