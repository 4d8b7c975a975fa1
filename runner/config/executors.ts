/** The executors as data: which fields each has, with k6's names and defaults, and what must hold between them. */

import type { ExecutorName, ResolvedScenario, ResolvedThreshold } from '../../dsl/options.ts';
import { parseThreshold } from '../thresholds/parser.ts';
import { amount, duration, LARGEST_COUNT, oneOf, whole as wholeNumber } from './fields.ts';
import { type RecordReader, whole } from './record.ts';
import { stages } from './stages.ts';
import { readThresholds } from './threshold-inputs.ts';

type BaseField = 'name' | 'exec' | 'startTimeMs' | 'gracefulStopMs' | 'env' | 'tags';

type WithoutBase<T> = T extends unknown ? Omit<T, BaseField> : never;

/** A resolved scenario without the fields that all executors share. */
export type ExecutorPart = WithoutBase<ResolvedScenario>;

type PartOf<P, E> = P extends { readonly executor: infer X }
  ? E extends X
    ? Omit<P, 'executor'> & { readonly executor: E }
    : never
  : never;

type Part<E extends ExecutorName> = PartOf<ExecutorPart, E>;

interface ExecutorSpec {
  readonly keys: readonly string[];
  /** Undefined where a field is wrong, which was then reported. */
  read(record: RecordReader): ExecutorPart | undefined;
}

/** Fields of every scenario, beside `executor`. */
export const SCENARIO_KEYS = ['exec', 'startTime', 'gracefulStop', 'env', 'tags'] as const;

export const DEFAULT_MAX_DURATION_MS = 600_000;
export const DEFAULT_GRACE_MS = 30_000;

const OPEN_KEYS = ['arrivals', 'whenBusy', 'preAllocatedVUs', 'maxVUs'] as const;

const CAPACITY_KEYS = [
  'thresholds',
  'startRate',
  'maxRate',
  'timeUnit',
  'probe',
  'warmUp',
  'settle',
  'precision',
  'maxDuration',
  ...OPEN_KEYS,
] as const;

/** A VU takes about 12 KB of heap at the least, so a process could not hold more. */
const MOST_VUS = 1_000_000;

const vuCount = wholeNumber(1, MOST_VUS);
const vuTarget = wholeNumber(0, MOST_VUS);
const someTime = duration('positive');
const anyTime = duration('not negative');
const rate = amount('positive');
const rateTarget = amount('not negative');

export const EXECUTORS: Readonly<Record<ExecutorName, ExecutorSpec>> = {
  'shared-iterations': { keys: ['vus', 'iterations', 'maxDuration'], read: readSharedIterations },
  'per-vu-iterations': { keys: ['vus', 'iterations', 'maxDuration'], read: readPerVuIterations },
  'constant-vus': { keys: ['vus', 'duration'], read: readConstantVus },
  'ramping-vus': { keys: ['startVUs', 'stages', 'gracefulRampDown'], read: readRampingVus },
  'constant-arrival-rate': { keys: ['rate', 'timeUnit', 'duration', ...OPEN_KEYS], read: readConstantRate },
  'ramping-arrival-rate': { keys: ['startRate', 'timeUnit', 'stages', ...OPEN_KEYS], read: readRampingRate },
  burst: { keys: ['size', 'every', 'count', ...OPEN_KEYS.slice(1)], read: readBurst },
  capacity: { keys: CAPACITY_KEYS, read: readCapacity },
};

export const EXECUTOR_NAMES = Object.keys(EXECUTORS) as readonly ExecutorName[];

function readSharedIterations(r: RecordReader): Part<'shared-iterations'> | undefined {
  const part = whole<Part<'shared-iterations'>>({
    executor: 'shared-iterations',
    ...iterationFields(r),
  });
  if (part !== undefined && part.iterations < part.vus) {
    return r.conflict(
      ['iterations', 'vus'],
      `${r.name('iterations')} is ${part.iterations}, fewer than the ${part.vus} VUs of ${r.name('vus')}: ` +
        'some VUs would have nothing to do.',
      `Set at least ${part.vus} iterations or at most ${part.iterations} VUs; --once runs a single iteration.`,
    );
  }
  return part;
}

function readPerVuIterations(r: RecordReader): Part<'per-vu-iterations'> | undefined {
  const part = whole<Part<'per-vu-iterations'>>({ executor: 'per-vu-iterations', ...iterationFields(r) });
  return part && countable(r, 'iterations', part.iterations * part.vus, part);
}

/** Refuses loads with more iterations than the counters that threads share can hold. */
function countable<T>(r: RecordReader, key: string, iterations: number, part: T): T | undefined {
  if (iterations <= LARGEST_COUNT) return part;
  return r.conflict(
    [key],
    `${r.name(key)} asks for ${Math.round(iterations)} iterations in all: one run counts up to ${LARGEST_COUNT}.`,
  );
}

function iterationFields(r: RecordReader) {
  return {
    vus: r.optional('vus', vuCount, 1),
    iterations: r.optional('iterations', wholeNumber(1), 1),
    maxDurationMs: r.optional('maxDuration', someTime, DEFAULT_MAX_DURATION_MS, '10m'),
  };
}

function readConstantVus(r: RecordReader): Part<'constant-vus'> | undefined {
  return whole<Part<'constant-vus'>>({
    executor: 'constant-vus',
    vus: r.optional('vus', vuCount, 1),
    durationMs: r.required('duration', someTime, "say how long it runs, such as duration: '30s'"),
  });
}

function readRampingVus(r: RecordReader): Part<'ramping-vus'> | undefined {
  const part = whole<Part<'ramping-vus'>>({
    executor: 'ramping-vus',
    startVUs: r.optional('startVUs', vuTarget, 1),
    stages: r.required(
      'stages',
      stages(vuTarget),
      "give its steps, such as stages: [{ duration: '30s', target: 50 }]",
    ),
    gracefulRampDownMs: r.optional('gracefulRampDown', anyTime, DEFAULT_GRACE_MS, '30s'),
  });
  if (part !== undefined && part.startVUs === 0 && part.stages.every((s) => s.target === 0)) {
    return r.conflict(
      ['stages'],
      `${r.name('stages')} never leaves 0 VUs: give a stage a target of at least 1.`,
    );
  }
  return part;
}

function readConstantRate(r: RecordReader): Part<'constant-arrival-rate'> | undefined {
  const part = whole<Part<'constant-arrival-rate'>>({
    executor: 'constant-arrival-rate',
    rate: r.required('rate', rate, 'say how many iterations start per `timeUnit`, such as rate: 50'),
    timeUnitMs: r.optional('timeUnit', someTime, 1000, '1s'),
    durationMs: r.required('duration', someTime, "say how long it runs, such as duration: '30s'"),
    ...openFields(r),
  });
  return part && countable(r, 'rate', (part.rate * part.durationMs) / part.timeUnitMs, part);
}

function readRampingRate(r: RecordReader): Part<'ramping-arrival-rate'> | undefined {
  const part = whole<Part<'ramping-arrival-rate'>>({
    executor: 'ramping-arrival-rate',
    startRate: r.optional('startRate', rateTarget, 0),
    timeUnitMs: r.optional('timeUnit', someTime, 1000, '1s'),
    stages: r.required(
      'stages',
      stages(rateTarget),
      "give its steps, such as stages: [{ duration: '30s', target: 50 }]",
    ),
    ...openFields(r),
  });
  if (part !== undefined && part.startRate === 0 && part.stages.every((s) => s.target === 0)) {
    return r.conflict(
      ['stages'],
      `${r.name('stages')} never leaves a rate of 0: give a stage a target above 0.`,
    );
  }
  return part && countable(r, 'stages', arrivalsOf(part), part);
}

/** Area under the rate: each stage is a trapezoid. */
function arrivalsOf({ startRate, timeUnitMs, stages: steps }: Part<'ramping-arrival-rate'>): number {
  let from = startRate;
  let arrivals = 0;
  for (const { durationMs, target } of steps) {
    arrivals += ((from + target) / 2) * (durationMs / timeUnitMs);
    from = target;
  }
  return arrivals;
}

function openFields(r: RecordReader, whenBusy: 'drop' | 'queue' = 'drop') {
  const preAllocatedVUs = r.required(
    'preAllocatedVUs',
    vuTarget,
    'say how many VUs are made before the start',
  );
  return {
    arrivals: r.optional('arrivals', oneOf(['uniform', 'poisson']), 'uniform'),
    whenBusy: r.optional('whenBusy', oneOf(['drop', 'queue']), whenBusy),
    preAllocatedVUs,
    maxVUs: maxVUs(r, preAllocatedVUs, preAllocatedVUs ?? 1),
  };
}

function readBurst(r: RecordReader): Part<'burst'> | undefined {
  const size = r.required(
    'size',
    wholeNumber(1),
    'say how many iterations start at each instant, such as size: 500',
  );
  const preAllocatedVUs = r.optional('preAllocatedVUs', vuTarget, 0);
  const part = whole<Part<'burst'>>({
    executor: 'burst',
    size,
    everyMs: r.required('every', someTime, "say how far two bursts are apart, such as every: '10s'"),
    count: r.required('count', wholeNumber(1), 'say how many bursts there are, such as count: 3'),
    // All arrivals of a burst are at one instant, whatever their spacing.
    arrivals: 'uniform',
    whenBusy: r.optional('whenBusy', oneOf(['drop', 'queue']), 'drop'),
    preAllocatedVUs,
    maxVUs: maxVUs(r, preAllocatedVUs, Math.max(size ?? 1, preAllocatedVUs ?? 0)),
  });
  return part && countable(r, 'size', part.size * part.count, part);
}

/** The finest bracket that is worth the time: below it, two probes of one rate differ by more. */
const FINEST_PRECISION = 0.005;

function readCapacity(r: RecordReader): Part<'capacity'> | undefined {
  const part = whole<Part<'capacity'>>({
    executor: 'capacity',
    thresholds: probeThresholds(r),
    startRate: r.required('startRate', rate, 'say at which rate the search begins, such as startRate: 50'),
    maxRate: r.required('maxRate', rate, 'say where the search ends at the latest, such as maxRate: 5000'),
    timeUnitMs: r.optional('timeUnit', someTime, 1000, '1s'),
    probeMs: r.optional('probe', someTime, 10_000, '10s'),
    warmUpMs: r.optional('warmUp', anyTime, 3000, '3s'),
    settleMs: r.optional('settle', anyTime, 2000, '2s'),
    precision: r.optional('precision', amount('positive'), 0.05),
    maxDurationMs: r.optional('maxDuration', someTime, DEFAULT_MAX_DURATION_MS, '10m'),
    ...openFields(r, 'queue'),
  });
  if (part === undefined) return undefined;
  const { startRate, maxRate, precision, warmUpMs, probeMs, maxDurationMs, timeUnitMs } = part;
  if (startRate > maxRate) {
    return r.conflict(
      ['startRate', 'maxRate'],
      `${r.name('startRate')} is ${startRate}, above ${r.name('maxRate')}, which is ${maxRate}: it must be at most as high.`,
    );
  }
  if (precision < FINEST_PRECISION || precision > 0.5) {
    return r.conflict(
      ['precision'],
      `${r.name('precision')} is ${precision}: it must be from ${FINEST_PRECISION} to 0.5, a share of the rate.`,
      '0.05 ends the search when the rate that failed is at most 5 % above the one that held.',
    );
  }
  if (warmUpMs + probeMs > maxDurationMs) {
    return r.conflict(
      ['maxDuration', 'probe', 'warmUp'],
      `${r.name('maxDuration')} is shorter than one probe with its warm-up: no rate could be tried.`,
    );
  }
  return countable(r, 'maxRate', (maxRate * maxDurationMs) / timeUnitMs, part);
}

/** Judged over the measured part of a probe, so what speaks of the course of a run has no meaning. */
function probeThresholds(r: RecordReader): readonly ResolvedThreshold[] | undefined {
  const input = r.required(
    'thresholds',
    (given) => given,
    "say what must hold, such as thresholds: { iteration_response_time: ['p(99)<250'] }",
  );
  if (input === undefined) return undefined;
  const before = r.problems.count;
  const sites = readThresholds(input, r.problems, r.sources);
  if (sites.length === 0 && r.problems.count === before) {
    return r.conflict(['thresholds'], `${r.name('thresholds')} is empty: every rate would hold.`);
  }
  for (const { threshold, path } of sites) {
    const parsed = parseThreshold(threshold.threshold, undefined);
    const at = { ...input, path };
    if (threshold.abortOnFail) {
      r.problems.add(at, `${r.name('thresholds')} has \`abortOnFail\`: a failed probe never ends the run.`);
    }
    if (
      parsed.ok &&
      (parsed.expression.windowMs !== undefined || parsed.expression.measure.kind !== 'stat')
    ) {
      r.problems.add(
        at,
        `'${threshold.threshold}' cannot be judged for a probe: it must be a statistic of the whole probe, such as 'p(95)<400'.`,
      );
    }
  }
  return r.problems.count > before ? undefined : sites.map((site) => site.threshold);
}

function maxVUs(r: RecordReader, preAllocated: number | undefined, fallback: number): number | undefined {
  const most = r.optional('maxVUs', vuTarget, fallback);
  if (most === undefined || preAllocated === undefined) return most;
  if (most < preAllocated) {
    return r.conflict(
      ['maxVUs'],
      `${r.name('maxVUs')} is ${most}, below ${r.name('preAllocatedVUs')}, which is ${preAllocated}: it must be at least as high.`,
    );
  }
  if (most === 0) {
    return r.conflict(
      ['maxVUs', 'preAllocatedVUs'],
      `${r.name('maxVUs')} is 0: no iteration could run; it must be at least 1.`,
    );
  }
  return most;
}
