/**
 * Reads the shapes of `thresholds` and `breakdown`. What the texts mean (metrics, selectors, expressions) is checked
 * by `runner/thresholds/`, which knows the metrics; it points at problems by the paths kept here.
 */

import type { ResolvedThreshold } from '../../dsl/options.ts';
import { duration, filledText, flag, oneOf } from './fields.ts';
import { childOf, type Input, membersOf, show, subject } from './input.ts';
import { didYouMean, nearest } from './nearest.ts';
import type { Path } from './path.ts';
import type { Problems } from './problems.ts';
import type { Provenance } from './provenance.ts';
import { RecordReader, whole } from './record.ts';

/** A threshold with the place where its expression was written. */
export interface ThresholdSite {
  readonly threshold: ResolvedThreshold;
  /** Of the metric's entry: `['thresholds', 'http_req_duration']`. */
  readonly metricPath: Path;
  /** Of the expression. */
  readonly path: Path;
}

const KEYS = ['threshold', 'abortOnFail', 'delayAbortEval', 'noData'] as const;

const EXAMPLE = "such as { http_req_duration: ['p(95)<400'] }";

export function readThresholds(
  input: Input | undefined,
  problems: Problems,
  sources: Provenance,
): ThresholdSite[] {
  if (input === undefined) return [];
  const members = membersOf(input);
  if (members === undefined) {
    problems.add(
      input,
      `${subject(input)} is ${show(input.value)}: it must be an object of lists by metric, ${EXAMPLE}.`,
    );
    return [];
  }
  return [...members].flatMap(([metric, entry]) => {
    const list = Array.isArray(entry.value)
      ? entry.value.map((value: unknown, i) => childOf(entry, i, value))
      : [entry];
    if (list.length === 0) {
      problems.add(
        entry,
        `${subject(entry)} is empty: give at least one threshold, such as 'p(95)<400', or leave it out.`,
      );
    }
    return list.flatMap((one) => readOne(metric, entry, one, problems, sources) ?? []);
  });
}

function readOne(
  metric: string,
  entry: Input,
  input: Input,
  problems: Problems,
  sources: Provenance,
): ThresholdSite | undefined {
  const fields = typeof input.value === 'string' ? new Map([['threshold', input]]) : membersOf(input);
  if (fields === undefined) {
    return problems.add(
      input,
      `${subject(input)} is ${show(input.value)}: it must be a text such as 'p(95)<400' or an object such as { threshold: 'p(95)<400', abortOnFail: true }.`,
    );
  }
  const before = problems.count;
  const record = new RecordReader(fields, input.path, input, problems, sources);
  for (const [key, member] of fields) {
    if ((KEYS as readonly string[]).includes(key)) continue;
    record.misspelled(nearest(key, KEYS));
    const hint = didYouMean(key, KEYS) ?? `A threshold has ${KEYS.map((k) => `\`${k}\``).join(', ')}.`;
    problems.add(member, `${subject(member)} is not a field of a threshold.`, hint, 'key');
  }
  const read = whole<ResolvedThreshold>({
    metric,
    threshold: record.required('threshold', filledText, "the condition, such as threshold: 'p(95)<400'"),
    abortOnFail: record.optional('abortOnFail', flag, false),
    delayAbortEvalMs: record.optional('delayAbortEval', duration('not negative'), 0, '0s'),
    noData: record.optional('noData', oneOf(['fail', 'pass']), 'fail'),
  });
  if (read === undefined || problems.count > before) return undefined;
  return { threshold: read, metricPath: entry.path, path: fields.get('threshold')?.path ?? input.path };
}
