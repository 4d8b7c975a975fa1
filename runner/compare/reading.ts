/**
 * What a comparison takes from a run: one number for each subject, read while the run's data is at hand. So a history
 * of many runs needs the memory of one.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { Aggregate, Selector } from '../aggregate/types.ts';
import type { Intervals } from '../results/intervals.ts';
import type { SavedResult } from '../results/result.ts';
import { growth, slope } from '../thresholds/course.ts';
import { formatSelector } from '../thresholds/selector.ts';
import { identityOf, type RunIdentity } from './identity.ts';
import { type Subject, statFor } from './metrics.ts';

export type Reading =
  | {
      readonly kind: 'read';
      readonly def: MetricDef;
      readonly stat: string;
      readonly samples: number;
      readonly value: number;
    }
  | {
      readonly kind: 'missing';
      /** Undefined where the run does not have the metric at all. */
      readonly def: MetricDef | undefined;
      /** What it has instead: the rest of a sentence that begins with the run's name. */
      readonly instead: string;
    };

export interface ComparedRun {
  readonly identity: RunIdentity;
  /** One of the subjects that were asked for when the run was read. */
  reading(subject: Subject): Reading;
  /** What each second held, if that was asked for. */
  intervals(selector: Selector): Intervals | undefined;
}

const MOST_NAMES = 30;

function list(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES);
  return `${shown.join(', ')}${names.length > shown.length ? ', …' : ''}`;
}

/** Statistics of a metric's course, for which its history has to be kept from the start. */
export function needsCourse({ stat }: Subject): boolean {
  return stat === 'growth' || stat === 'slope';
}

function subjectKey({ selector, stat }: Subject): string {
  return `${formatSelector(selector)} ${stat ?? ''}`;
}

function instead(aggregate: Aggregate, { metric, tags }: Selector): string {
  const found = aggregate.metrics().map(({ def }) => def.name);
  if (!found.includes(metric)) {
    const names = found.filter((name) => !name.startsWith('generator_'));
    return names.length === 0 ? 'has no metric at all' : `has no ${metric}, only ${list(names)}`;
  }
  for (const [key, value] of tags) {
    const values = aggregate.grouped(metric, [key]).flatMap((state) => state.tags.get(key) ?? []);
    if (values.length === 0) return `has ${metric}, but not by the tag \`${key}\``;
    if (!values.includes(value)) return `has ${metric} by ${key}, of which there is only ${list(values)}`;
  }
  return `has ${metric}, but no samples of ${formatSelector({ metric, tags })}`;
}

function read(aggregate: Aggregate, subject: Subject): Reading {
  const { selector } = subject;
  const def = aggregate.metrics().find((state) => state.def.name === selector.metric)?.def;
  const tracked = aggregate.track(selector, needsCourse(subject) ? { history: true } : {});
  if (def === undefined || tracked.samples === 0)
    return { kind: 'missing', def, instead: instead(aggregate, selector) };
  const stat = statFor(subject, def);
  const value =
    stat === 'growth'
      ? growth(tracked.history())
      : stat === 'slope'
        ? slope(tracked.history())
        : tracked.stat(stat);
  if (value === undefined || !Number.isFinite(value))
    return { kind: 'missing', def, instead: `has no ${stat} of ${formatSelector(selector)}` };
  return { kind: 'read', def, stat, samples: tracked.samples, value };
}

/** Reads the subjects; the aggregate is not needed any more after that. */
export function readRun(
  identity: RunIdentity,
  aggregate: Aggregate,
  subjects: readonly Subject[],
  intervals: ComparedRun['intervals'],
): ComparedRun {
  const readings = new Map(subjects.map((subject) => [subjectKey(subject), read(aggregate, subject)]));
  return {
    identity,
    reading: (subject) => {
      const known = readings.get(subjectKey(subject));
      if (known === undefined) throw new RangeError(`${subjectKey(subject)} was not read`);
      return known;
    },
    intervals,
  };
}

export function readSaved(result: SavedResult, subjects: readonly Subject[], name: string): ComparedRun {
  const { aggregate, summary } = result;
  return readRun(identityOf(name, summary), aggregate, subjects, (selector) => result.intervals(selector));
}
