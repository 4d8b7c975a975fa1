/**
 * From everything that happened to one verdict and one exit code.
 *
 *     the first cause in time wins, but a failed threshold (99) gives way only to 96, 107 and 108
 *
 *     99 among the causes?   no  -> the first cause
 *                            yes -> the first of 96, 107, 108 if there is one, else 99
 *
 * So Ctrl-C (105), test.fail() (110) or a teardown that timed out (101) do not hide a failed threshold. Thresholds
 * and validity are judged at the end, after every other cause, and only if load was started: after a setup that
 * failed there is nothing that they could speak of.
 */

import { formatDuration } from '../../dsl/duration.ts';
import { EXIT, type ExitCode } from '../../dsl/errors.ts';
import type { Judgement, RuleFailure } from '../thresholds/evaluate.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import type { Verdict } from './model.ts';
import type { Validity } from './validity.ts';

export type FailureCode = Exclude<ExitCode, 0>;

/** Something that keeps the run from passing. */
export interface Cause {
  readonly exitCode: FailureCode;
  /** A sentence without a full stop, for a person. */
  readonly reason: string;
}

export interface Decision {
  readonly verdict: Verdict;
  readonly exitCode: ExitCode;
  /** The deciding causes first, then the others in the order in which they happened; no sentence twice. */
  readonly reasons: readonly string[];
}

const VERDICTS: Readonly<Record<ExitCode, Verdict>> = {
  [EXIT.passed]: 'passed',
  [EXIT.invalid]: 'invalid',
  [EXIT.thresholdsFailed]: 'failed',
  [EXIT.setupTimeout]: 'error',
  [EXIT.teardownTimeout]: 'error',
  [EXIT.badConfig]: 'error',
  [EXIT.interrupted]: 'interrupted',
  [EXIT.scriptError]: 'error',
  [EXIT.aborted]: 'aborted',
  [EXIT.defect]: 'error',
  [EXIT.markedFailed]: 'failed',
};

/** What a failed threshold gives way to. */
const ABOVE_THRESHOLDS: ReadonlySet<ExitCode> = new Set([EXIT.invalid, EXIT.scriptError, EXIT.aborted]);

/** `causes` in the order in which they happened. */
export function decideVerdict(causes: readonly Cause[]): Decision {
  const winner = decidingCode(causes);
  const deciding = causes.filter((cause) => cause.exitCode === winner);
  const others = causes.filter((cause) => cause.exitCode !== winner);
  return {
    verdict: VERDICTS[winner],
    exitCode: winner,
    reasons: [...new Set([...deciding, ...others].map((cause) => cause.reason))],
  };
}

function decidingCode(causes: readonly Cause[]): ExitCode {
  const [first] = causes;
  if (first === undefined) return EXIT.passed;
  if (!causes.some((cause) => cause.exitCode === EXIT.thresholdsFailed)) return first.exitCode;
  return causes.find((cause) => ABOVE_THRESHOLDS.has(cause.exitCode))?.exitCode ?? EXIT.thresholdsFailed;
}

/** The causes that only the end shows: failed rules, then the generator's own faults. */
export function endCauses(judgement: Judgement, validity: Validity): readonly Cause[] {
  return [
    ...judgement.failures.map((failure) => ({
      exitCode: EXIT.thresholdsFailed,
      reason: describeFailure(failure),
    })),
    ...validity.reasons.map((reason) => ({ exitCode: EXIT.invalid, reason })),
  ];
}

const STOPPED = 'the run was stopped after';

/** Whether a threshold with `abortOnFail` ended the run before its time. */
export function wasStopped(reasons: readonly string[]): boolean {
  return reasons.some((reason) => reason.startsWith(STOPPED));
}

/** Why the run ended early; the failure itself is described at the end, by its last value. */
export function describeAbort(rule: Pick<ThresholdRule, 'metric' | 'threshold'>, atMs: number): string {
  return `${STOPPED} ${formatDuration(Math.floor(atMs / 1000) * 1000)}: ${rule.metric} ${rule.threshold} (abortOnFail)`;
}

/** `http_req_duration p(95)<400 failed: 512 ms`, or what a built-in rule has to say. */
export function describeFailure({ rule, result }: RuleFailure): string {
  if (rule.builtin) {
    const count = result.value ?? 0;
    const scenario = rule.selector.tags[0]?.[1];
    const where = scenario === undefined ? '' : ` of scenario ${scenario}`;
    return `${count} iteration${count === 1 ? '' : 's'}${where} threw an error`;
  }
  const subject = `threshold ${rule.metric} ${result.threshold}`;
  if (result.value === null) return `${subject} failed: ${result.note ?? 'no data'}`;
  const note = result.note === undefined ? '' : ` ${result.note}`;
  const limit = rule.baseline === undefined ? '' : `, limit ${valueText(rule, rule.limit)}`;
  return `${subject} failed: ${valueText(rule, result.value)}${limit}${note}`;
}

function valueText({ def, measure }: ThresholdRule, value: number): string {
  const counted = measure.kind === 'stat' && (measure.stat === 'passes' || measure.stat === 'fails');
  if (counted || (def.type === 'trend' && measure.kind === 'stat' && measure.stat === 'count'))
    return String(value);
  const perSecond =
    measure.kind === 'slope' ||
    (def.type === 'counter' && measure.kind === 'stat' && measure.stat === 'rate');
  const number = String(Number(value.toPrecision(4)));
  switch (def.unit) {
    case 'ms':
      return `${number} ms${perSecond ? '/s' : ''}`;
    case 'bytes':
      return `${number} B${perSecond ? '/s' : ''}`;
    case 'ratio':
      return `${Number((value * 100).toPrecision(4))} %`;
    case 'count':
    case 'none':
      return `${number}${perSecond ? '/s' : ''}`;
  }
}
