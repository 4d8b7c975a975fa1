/** Over time: what was asked of the system, how long it took, what went wrong, at every moment of the run. */

import { formatBytes, formatCount, formatMs, formatRate } from '../../../terminal/format.ts';
import { thresholdsOf } from '../../../terminal/sections/header.ts';
import type { Column, MetricCourse, PageData } from '../../model.ts';
import { timeAxis } from '../axes.ts';
import { Chart, type ChartData, type Curve } from '../chart.ts';
import { append, h } from '../dom.ts';
import type { Mark } from '../marks.ts';
import { rowChoice } from '../row-choice.ts';
import type { Section } from '../section.ts';

type Course<T extends MetricCourse['type']> = Extract<MetricCourse, { type: T }>;

const perSecond = (value: number): string => `${formatRate(value)}/s`;
const time = (value: number): string => formatMs(value);

function find<T extends MetricCourse['type']>(data: PageData, name: string, type: T): Course<T> | undefined {
  return data.course.metrics.find((one): one is Course<T> => one.name === name && one.type === type);
}

function some(column: Column | undefined): column is Column {
  return column?.some((value) => value !== null && value !== 0) ?? false;
}

/** Middle of every step, in seconds; the last one may be cut short. */
export function stepTimes(steps: number, stepMs: number, toMs: number): number[] {
  return Array.from({ length: steps }, (_, i) => {
    const from = i * stepMs;
    const to = i === steps - 1 ? Math.max(toMs, from + 1) : from + stepMs;
    return (from + to) / 2000;
  });
}

function spread(column: Column, format: (value: number) => string): string {
  const values = column.filter((value) => value !== null);
  if (values.length === 0) return 'no values';
  return `from ${format(Math.min(...values))} to ${format(Math.max(...values))}`;
}

/** One sentence for those who do not see the curves. */
function wordsOf(curves: readonly Curve[]): string {
  return `${curves.map(({ label, values, format }) => `${label}: ${spread(values, format)}`).join('; ')}.`;
}

interface CoursePart {
  readonly title: string;
  readonly yFormat: (value: number) => string;
  /** The traffic that the reader chose, or the whole run. */
  readonly of: 'choice' | 'run';
  /** Undefined where there is nothing to draw. */
  readonly curves: (data: PageData) => readonly Curve[] | undefined;
  readonly marks?: (data: PageData) => readonly Mark[];
}

/** Curves of times: the middle, the slow ones, and the worst on request. */
function percentileCurves(columns: {
  readonly p50: Column;
  readonly p95: Column;
  readonly p99: Column;
  readonly max: Column;
}): readonly Curve[] {
  return [
    { label: 'p50', color: 'c1', values: columns.p50, format: time },
    { label: 'p95', color: 'c2', values: columns.p95, format: time },
    { label: 'p99', color: 'c3', values: columns.p99, format: time },
    { label: 'max', color: 'faint', values: columns.max, format: time, off: true },
  ];
}

function rateCurves(rate: Column, failed: Column | undefined, noun: string): readonly Curve[] {
  return [
    { label: noun, color: 'c1', values: rate, format: perSecond, shape: 'area' },
    ...(some(failed)
      ? [{ label: 'failed', color: 'bad', values: failed, format: perSecond } satisfies Curve]
      : []),
  ];
}

/** Limits on the response time of all requests. */
function durationMarks({ summary }: PageData): Mark[] {
  return thresholdsOf(summary).flatMap(({ metric, result }) =>
    metric === 'http_req_duration' && result.limit !== null && /^p\(|^med|^max/.test(result.threshold)
      ? [{ axis: 'y', at: result.limit, label: result.threshold, color: result.ok ? 'good' : 'bad' } as const]
      : [],
  );
}

function counterCurve(
  data: PageData,
  name: string,
  label: string,
  color: string,
  shape: Curve['shape'] = 'line',
): Curve | undefined {
  const values = find(data, name, 'counter')?.perSecond;
  return some(values) ? { label, color, values, format: perSecond, shape } : undefined;
}

function present(curves: readonly (Curve | undefined)[]): readonly Curve[] | undefined {
  const found = curves.filter((curve) => curve !== undefined);
  return found.length === 0 ? undefined : found;
}

function protocolParts(
  protocol: string,
  count: string,
  failed: string,
  duration: string,
): readonly CoursePart[] {
  return [
    {
      title: `${protocol} per second`,
      yFormat: formatRate,
      of: 'run',
      curves: (data) => {
        const fails = find(data, failed, 'rate');
        const rate = find(data, count, 'counter')?.perSecond;
        return some(rate) ? rateCurves(rate, fails?.passes, 'all') : undefined;
      },
    },
    {
      title: `${protocol}: time`,
      yFormat: time,
      of: 'run',
      curves: (data) => {
        const trend = find(data, duration, 'trend');
        return trend === undefined ? undefined : percentileCurves(trend);
      },
    },
  ];
}

function trendPart(title: string, metric: string): CoursePart {
  return {
    title,
    yFormat: time,
    of: 'run',
    curves: (data) => {
      const trend = find(data, metric, 'trend');
      return trend === undefined ? undefined : percentileCurves(trend);
    },
  };
}

export const PARTS: readonly CoursePart[] = [
  {
    title: 'Requests per second',
    yFormat: formatRate,
    of: 'choice',
    curves: (data) => {
      const rate = find(data, 'http_reqs', 'counter')?.perSecond;
      return some(rate)
        ? rateCurves(rate, find(data, 'http_req_failed', 'rate')?.passes, 'requests')
        : undefined;
    },
  },
  {
    title: 'Response time',
    yFormat: time,
    of: 'choice',
    curves: (data) => {
      const trend = find(data, 'http_req_duration', 'trend');
      return trend === undefined ? undefined : percentileCurves(trend);
    },
    marks: durationMarks,
  },
  {
    title: 'Response time against service time',
    yFormat: time,
    of: 'run',
    curves: (data) => {
      const waited = find(data, 'iteration_response_time', 'trend');
      const ran = find(data, 'iteration_duration', 'trend');
      if (waited === undefined || ran === undefined) return undefined;
      return [
        { label: 'waited p99', color: 'c3', values: waited.p99, format: time },
        { label: 'ran p99', color: 'c2', values: ran.p99, format: time, dashed: true },
        { label: 'waited p50', color: 'c4', values: waited.p50, format: time, off: true },
        { label: 'ran p50', color: 'c1', values: ran.p50, format: time, dashed: true, off: true },
      ];
    },
  },
  {
    title: 'Virtual users',
    yFormat: formatCount,
    of: 'run',
    curves: (data) => {
      const values = find(data, 'vus', 'gauge')?.value;
      return some(values)
        ? [{ label: 'active', color: 'c4', values, format: formatCount, shape: 'area' }]
        : undefined;
    },
  },
  {
    title: 'Iterations per second',
    yFormat: formatRate,
    of: 'run',
    curves: (data) =>
      present([
        counterCurve(data, 'iterations', 'complete', 'c1', 'area'),
        counterCurve(data, 'dropped_iterations', 'dropped', 'c3'),
        counterCurve(data, 'iteration_errors', 'failed', 'bad'),
      ]),
  },
  {
    title: 'Errors and failing checks per second',
    yFormat: formatRate,
    of: 'run',
    curves: (data) => {
      const { errors } = data.course;
      const fails = find(data, 'checks', 'rate')?.fails;
      return present([
        some(errors) ? { label: 'errors', color: 'bad', values: errors, format: perSecond } : undefined,
        some(fails) ? { label: 'failing checks', color: 'c3', values: fails, format: perSecond } : undefined,
      ]);
    },
  },
  ...protocolParts('gRPC calls', 'grpc_reqs', 'grpc_req_failed', 'grpc_req_duration'),
  ...protocolParts('SQL statements', 'sql_queries', 'sql_query_failed', 'sql_query_duration'),
  ...protocolParts('Redis commands', 'redis_reqs', 'redis_req_failed', 'redis_req_duration'),
  trendPart('measure(): time', 'measure_duration'),
  {
    title: 'WebSocket messages per second',
    yFormat: formatRate,
    of: 'run',
    curves: (data) =>
      present([
        counterCurve(data, 'ws_msgs_received', 'received', 'c1'),
        counterCurve(data, 'ws_msgs_sent', 'sent', 'c4'),
        counterCurve(data, 'ws_errors', 'errors', 'bad'),
      ]),
  },
  trendPart('WebSocket: round trip', 'ws_msg_rtt'),
  {
    title: 'Server-sent events per second',
    yFormat: formatRate,
    of: 'run',
    curves: (data) =>
      present([
        counterCurve(data, 'sse_events', 'events', 'c1'),
        counterCurve(data, 'sse_errors', 'errors', 'bad'),
      ]),
  },
  trendPart('Server-sent events: time between two', 'sse_event_gap'),
  {
    title: 'Data per second',
    yFormat: formatBytes,
    of: 'run',
    curves: (data) => {
      const [received, sent] = ['data_received', 'data_sent'].map((name) => find(data, name, 'counter'));
      const told = (value: number): string => `${formatBytes(value)}/s`;
      return present([
        some(received?.perSecond)
          ? { label: 'received', color: 'c1', values: received.perSecond, format: told }
          : undefined,
        some(sent?.perSecond)
          ? { label: 'sent', color: 'c4', values: sent.perSecond, format: told }
          : undefined,
      ]);
    },
  },
];

export function courseSection(): Section {
  const charts = new Map<CoursePart, Chart>();
  const grid = h('div', { class: 'charts' });
  const choice = rowChoice('Traffic', (data) => show(data));
  const content = h('div', {}, choice.element, grid);
  let endMs = 1;

  function chartOf(part: CoursePart): Chart {
    let chart = charts.get(part);
    if (chart === undefined) {
      chart = new Chart({
        title: part.title,
        x: timeAxis(() => endMs),
        yFormat: part.yFormat,
        group: 'time',
      });
      charts.set(part, chart);
      append(grid, [chart.element]);
    }
    return chart;
  }

  function dataOf(part: CoursePart, data: PageData): ChartData | undefined {
    const { course } = data;
    const row = part.of === 'choice' ? choice.row(data) : undefined;
    if (row?.course !== undefined) {
      const { rate, failed } = row.course;
      const curves =
        part.title === 'Response time' ? percentileCurves(row.course) : rateCurves(rate, failed, 'requests');
      const x = stepTimes(course.rowSteps, course.rowStepMs, course.toMs);
      return { x, curves, words: wordsOf(curves) };
    }
    const curves = part.curves(data);
    if (curves === undefined) return undefined;
    return {
      x: stepTimes(course.steps, course.stepMs, course.toMs),
      curves,
      marks: part.marks?.(data) ?? [],
      words: wordsOf(curves),
    };
  }

  function show(data: PageData): boolean {
    endMs = data.course.toMs;
    let shown = 0;
    for (const part of PARTS) {
      const made = dataOf(part, data);
      if (made === undefined) {
        charts.get(part)?.element.remove();
        charts.delete(part);
        continue;
      }
      shown++;
      chartOf(part).set(made);
    }
    // In the order of the table, whenever each came up.
    append(
      grid,
      PARTS.map((part) => charts.get(part)?.element),
    );
    return shown > 0;
  }

  return {
    id: 'time',
    title: 'Over time',
    content,
    update: (data) => {
      choice.update(data);
      return show(data);
    },
  };
}
