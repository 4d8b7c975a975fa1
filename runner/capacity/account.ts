/** What one probe came to: the row that the summary shows, and the judgement. */

import type { Probe } from '../../workers/plan/types.ts';
import type { CapacityProbe } from '../summary/model.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import { CLEARLY_BEHIND, type Judged, judgeProbe, type Measured } from './judge.ts';
import type { ProbeMeasures } from './measures.ts';
import { behindBetween, type DueArrivals, type Tally } from './progress.ts';

export interface ProbeEvidence {
  readonly probe: Probe;
  readonly due: DueArrivals;
  /** At the start and at the end of the window; the end comes early where the probe was cut. */
  readonly from: Tally;
  readonly to: Tally;
  readonly measures: ProbeMeasures;
  readonly rules: readonly ThresholdRule[];
  readonly interrupted: number;
  /** What an iteration takes without load; undefined before a probe has held. */
  readonly unloadedMs: number | undefined;
}

export interface ProbeAccount {
  readonly record: CapacityProbe;
  readonly judged: Judged;
  /** Arrivals that were due in the window. */
  readonly arrivals: number;
  readonly thresholds: readonly Measured[];
}

export function windowOf({ from, to }: { readonly from: Tally; readonly to: Tally }): number {
  return Math.max(1, to.atMs - from.atMs);
}

export function accountOf(evidence: ProbeEvidence): ProbeAccount {
  const { probe, due, from, to, measures, rules } = evidence;
  const arrivals = due.by(to.atMs) - due.by(from.atMs);
  const thresholds = rules.map((rule) => measures.measure(rule));
  const unloadedMs = evidence.unloadedMs ?? measures.state('iteration_duration').stat('avg') ?? 0;
  const behind = behindBetween(due, from, to, unloadedMs);
  const plannedEndMs = probe.startMs + probe.warmUpMs + probe.windowMs;
  const wasCut = to.atMs < plannedEndMs || behind > CLEARLY_BEHIND;
  const dropped = measures.state('dropped_iterations').stat('count') ?? 0;
  const judged = judgeProbe({
    thresholds,
    arrivals,
    // What a probe that is behind leaves unserved was dropped by us.
    dropped: wasCut ? 0 : dropped,
    interrupted: evidence.interrupted,
    thrown: rules.some((rule) => rule.selector.metric === 'iteration_errors')
      ? 0
      : (measures.state('iteration_errors').stat('count') ?? 0),
    behind,
  });
  const windowMs = windowOf(evidence);
  const record: CapacityProbe = {
    number: probe.number,
    rate: probe.ratePerMs * 1000,
    achieved: ((to.ended - from.ended) * 1000) / windowMs,
    windowMs,
    responseTime: responseTime(measures),
    failedShare: failedShare(measures),
    dropped,
    held: judged.held,
    clear: judged.clear,
    reasons: judged.reasons,
  };
  return { record, judged, arrivals, thresholds };
}

function responseTime(measures: ProbeMeasures): CapacityProbe['responseTime'] {
  const state = measures.state('iteration_response_time');
  if (state.samples === 0) return null;
  const time = (stat: string): number => state.stat(stat) ?? 0;
  return {
    count: state.samples,
    avg: time('avg'),
    p50: time('p(50)'),
    p95: time('p(95)'),
    p99: time('p(99)'),
    max: time('max'),
  };
}

function failedShare(measures: ProbeMeasures): number | null {
  const requests = measures.state('http_req_failed');
  if (requests.samples > 0) return requests.stat('rate') ?? null;
  const complete = measures.state('iterations').stat('count') ?? 0;
  const thrown = measures.state('iteration_errors').stat('count') ?? 0;
  return complete + thrown === 0 ? null : thrown / (complete + thrown);
}
