/** From what was measured to what the page shows. */

import type { Histogram } from '../../workers/record/histogram.ts';
import { halfBits, highestOf, lowestOf } from '../../workers/record/layout.ts';
import { packedStep, percentilesOf } from '../course/buckets.ts';
import type { RunCourse } from '../course/course.ts';
import type { CourseRow, RowKind } from '../course/row.ts';
import { CounterTrack, RateTrack, type Track, TrendTrack } from '../course/track.ts';
import type { LiveState, Summary } from '../summary/model.ts';
import { shortenNames } from '../summary/requests.ts';
import type {
  Column,
  Distribution,
  MetricCourse,
  PageCourse,
  PageData,
  PageRow,
  RowTimes,
  TrendColumns,
} from './model.ts';
import { binOf, curvePercentiles } from './scale.ts';
import { trimmed } from './trim.ts';

/** Rows of a kind with a course of their own. */
const MOST_CURVES = 20;
/** Rows of a kind in tables. */
const MOST_ROWS = 100;

/** Three digits are more than a curve shows, and a third of the size. */
function short(value: number): number {
  return Number(value.toPrecision(3));
}

function shortOrNull(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : short(value);
}

/** Steps of a timeline, as many as are covered. */
class Steps {
  readonly stepMs: number;
  readonly count: number;
  readonly #toMs: number;

  constructor(stepMs: number, toMs: number, lastStep: number) {
    this.stepMs = stepMs;
    this.#toMs = toMs;
    this.count = Math.max(lastStep + 1, 0);
  }

  map(value: (step: number) => number | undefined): Column {
    return Array.from({ length: this.count }, (_, step) => shortOrNull(value(step)));
  }

  /** Of sums: the last step is as long as was reported on. */
  perSecond(sum: (step: number) => number): Column {
    return this.map((step) => (sum(step) * 1000) / this.#lengthOf(step));
  }

  #lengthOf(step: number): number {
    return step < this.count - 1 ? this.stepMs : Math.max(1, this.#toMs - step * this.stepMs);
  }
}

function trendColumns(track: TrendTrack | undefined, steps: Steps): TrendColumns {
  const at = (place: number): Column => steps.map((step) => track?.percentilesOf(step)?.[place]);
  return { p50: at(0), p95: at(1), p99: at(2), max: at(3) };
}

function trendOf(track: Track | undefined): TrendTrack | undefined {
  return track instanceof TrendTrack ? track : undefined;
}

export function distributionOf(histogram: Histogram): Distribution | undefined {
  const { scale, digits } = histogram;
  const held = packedStep(histogram);
  if (held === undefined) return undefined;
  const { count, pairs } = held;
  const bits = halfBits(digits);
  const bins = new Map<number, number>();
  for (let i = 0; i < pairs.length; i += 2) {
    const bucket = pairs[i] as number;
    const bin = binOf((lowestOf(bucket, bits) + highestOf(bucket, bits)) / 2 / scale);
    bins.set(bin, (bins.get(bin) ?? 0) + (pairs[i + 1] as number));
  }
  const firstBin = Math.min(...bins.keys());
  const length = Math.max(...bins.keys()) - firstBin + 1;
  return {
    count,
    firstBin,
    bins: Array.from({ length }, (_, i) => bins.get(firstBin + i) ?? 0),
    curve: percentilesOf(held, curvePercentiles(count), scale, digits).map(short),
  };
}

function timesOf(track: Track | undefined): RowTimes | null {
  const histogram = trendOf(track)?.total;
  if (histogram === undefined || histogram.count === 0) return null;
  const [p50, p95, p99] = [50, 95, 99].map((p) => histogram.percentile(p)) as [number, number, number];
  return { p50, p95, p99, max: histogram.max };
}

function metricCourse(track: Track, steps: Steps): MetricCourse {
  const { name, unit, custom } = track.def;
  const about = { name, unit, custom };
  switch (track.kind) {
    case 'counter':
      return { ...about, type: 'counter', perSecond: steps.perSecond((step) => track.sumOf(step)) };
    case 'rate':
      return {
        ...about,
        type: 'rate',
        passes: steps.perSecond((step) => track.of(step)[0]),
        fails: steps.perSecond((step) => track.of(step)[1]),
      };
    case 'trend': {
      const distribution = unit === 'ms' ? distributionOf(track.total) : undefined;
      return {
        ...about,
        type: 'trend',
        ...trendColumns(track, steps),
        ...(distribution === undefined ? {} : { distribution }),
      };
    }
    case 'gauge': {
      const values = track.values(steps.count);
      return { ...about, type: 'gauge', value: steps.map((step) => values[step]) };
    }
  }
}

/** A counter, or where the rate of failures is all that counts: its samples. */
function countOf(track: Track | undefined): number {
  if (track instanceof CounterTrack) return track.total;
  return track instanceof RateTrack ? track.passes + track.fails : 0;
}

function countAt(track: Track | undefined, step: number): number {
  if (track instanceof CounterTrack) return track.sumOf(step);
  if (!(track instanceof RateTrack)) return 0;
  const [passes, fails] = track.of(step);
  return passes + fails;
}

function pageRow(row: CourseRow, steps: Steps, curves: boolean): PageRow {
  const { kind, name, method, family } = row;
  const [count, failed, duration] = [family.count, family.failed, family.duration].map((m) => row.track(m));
  const fails = failed instanceof RateTrack ? failed : undefined;
  const times = timesOf(duration);
  const groupTimes = timesOf(row.track('group_duration'));
  const histogram = trendOf(duration)?.total;
  const distribution = curves && histogram !== undefined ? distributionOf(histogram) : undefined;
  return {
    kind,
    protocol: family.protocol,
    method,
    name,
    count: countOf(count),
    // A rate of failures: its passes are what failed.
    failed: fails?.passes ?? 0,
    times,
    ...(kind === 'scenario'
      ? {
          iterations: {
            count: countOf(row.track('iterations')),
            times: timesOf(row.track('iteration_response_time')) ?? timesOf(row.track('iteration_duration')),
          },
        }
      : {}),
    ...(groupTimes === null ? {} : { groupTimes }),
    ...(curves
      ? {
          course: {
            rate: steps.perSecond((step) => countAt(count, step)),
            failed: steps.perSecond((step) => fails?.of(step)[0] ?? 0),
            ...trendColumns(trendOf(duration), steps),
          },
        }
      : {}),
    ...(distribution === undefined ? {} : { distribution }),
  };
}

function rowsOf(course: RunCourse, kind: RowKind, steps: Steps): PageRow[] {
  const rows = course.rows(kind).filter((row) => row.tracked);
  return rows.slice(0, MOST_ROWS).map((row, i) => pageRow(row, steps, i < MOST_CURVES));
}

export function pageCourse(course: RunCourse): PageCourse {
  const { toMs } = course;
  const steps = new Steps(course.steps.stepMs, toMs, course.lastStep);
  const rowSteps = new Steps(course.rowSteps.stepMs, toMs, course.lastRowStep);
  const kinds = ['scenario', 'group', 'request'] as const;
  const rows = kinds.map((kind) => rowsOf(course, kind, rowSteps));
  return {
    toMs,
    stepMs: steps.stepMs,
    steps: steps.count,
    metrics: course.metrics.map((track) => metricCourse(track, steps)),
    errors: steps.perSecond((step) => course.errors.sumOf(step)),
    rowStepMs: rowSteps.stepMs,
    rowSteps: rowSteps.count,
    rows: rows.flat(),
    hidden: Object.fromEntries(
      kinds.map((kind, i) => [kind, course.rows(kind).length - (rows[i]?.length ?? 0)]),
    ) as PageCourse['hidden'],
  };
}

export interface PageFacts {
  readonly state: PageData['state'];
  readonly summary: Summary;
  readonly course: RunCourse;
  readonly live?: LiveState;
}

export function pageData({ state, summary, course, live }: PageFacts): PageData {
  const made = pageCourse(course);
  const http = made.rows.filter((row) => row.kind === 'request' && row.protocol === 'http');
  const shortened = new Map(shortenNames(http).map((row, i) => [http[i], row]));
  return {
    schema: 'brunt/page@1',
    state,
    ...trimmed(summary),
    course: { ...made, rows: made.rows.map((row) => shortened.get(row) ?? row) },
    ...(live === undefined ? {} : { live }),
  };
}
