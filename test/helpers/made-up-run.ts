/** A run that never was: recorded by real recorders, with known load, so that pages and courses have something to show. */

import { BUILTIN_METRICS, type BuiltinMetric, M } from '../../dsl/metrics.ts';
import { DEFAULT_NETWORK } from '../../dsl/network.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';
import { createAggregate } from '../../runner/aggregate/aggregate.ts';
import { RunCourse } from '../../runner/course/course.ts';
import { buildSummary, trackSubMetrics } from '../../runner/summary/build.ts';
import type { Summary } from '../../runner/summary/model.ts';
import { plainOptions } from '../../runner/summary/options.ts';
import { judgeValidity } from '../../runner/summary/validity.ts';
import { decideVerdict, endCauses } from '../../runner/summary/verdict.ts';
import { createJudge } from '../../runner/thresholds/evaluate.ts';
import { tagSelection, validateThresholds } from '../../runner/thresholds/validate.ts';
import { ThreadRecorder } from '../../workers/record/recorder.ts';

export interface MadeUp {
  readonly seconds: number;
  /** Default 2. */
  readonly workers?: number;
  /** Requests of each name in every second. */
  readonly perSecond: number;
  readonly names: readonly string[];
  readonly scenarios?: readonly string[];
  readonly groups?: readonly string[];
  readonly checks?: readonly string[];
  readonly errors?: readonly string[];
  readonly thresholds?: readonly string[];
  readonly open?: boolean;
  readonly script?: string;
}

const OPTIONS: ResolvedOptions = {
  scenarios: [],
  thresholds: [],
  breakdown: [],
  tags: { build: '142' },
  setupTimeoutMs: 60_000,
  teardownTimeoutMs: 60_000,
  minIterationDurationMs: 0,
  summaryTrendStats: [
    'count',
    'avg',
    'min',
    'med',
    'max',
    'stdev',
    'p(50)',
    'p(90)',
    'p(95)',
    'p(99)',
    'p(99.9)',
  ],
  validity: { maxStartLagMs: 100 },
  workers: 2,
  seed: 7,
  batch: 20,
  batchPerHost: 6,
  connections: 'vu',
  maxRedirects: 10,
  discardResponseBodies: false,
  userAgent: 'Brunt/0.1.0',
  throw: false,
  noConnectionReuse: false,
  noVUConnectionReuse: false,
  noCookiesReset: false,
  traceContext: false,
  insecureSkipTLSVerify: false,
  network: DEFAULT_NETWORK,
  httpDebug: false,
};

/** Uniform numbers in [0, 1), the same every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Around 1, with a long tail. */
function longTail(next: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Math.exp(normal * 0.45) * (next() < 0.01 ? 6 : 1);
}

export interface MadeUpRun {
  readonly course: RunCourse;
  readonly summary: Summary;
  /** What the workers sent, in order. */
  readonly snapshots: readonly ArrayBuffer[];
}

export function madeUpRun(input: MadeUp): MadeUpRun {
  const { seconds, perSecond, names, scenarios = ['default'], groups = [], checks = [], errors = [] } = input;
  const { rules, problems } = validateThresholds(
    (input.thresholds ?? []).map((text) => {
      const [metric, threshold] = text.split('|') as [string, string];
      return { metric, threshold, abortOnFail: false, delayAbortEvalMs: 0, noData: 'fail' as const };
    }),
    [],
    scenarios,
  );
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  const aggregate = createAggregate(BUILTIN_METRICS);
  const judge = createJudge(rules, aggregate);
  const subMetrics = trackSubMetrics(aggregate, rules, []);
  const course = new RunCourse();
  const snapshots: ArrayBuffer[] = [];
  const next = random(42);
  let nowMs = 0;
  const recorders = Array.from({ length: input.workers ?? 2 }, () => {
    const recorder = new ThreadRecorder({ now: () => nowMs });
    recorder.select(tagSelection(rules, []));
    return recorder;
  });
  const counts = new Map(scenarios.map((name) => [name, 0]));
  for (let second = 0; second < seconds; second++) {
    const ramp = Math.min(1, (second + 1) / Math.max(1, seconds * 0.2));
    const slow = second > seconds * 0.6 && second < seconds * 0.7 ? 3 : 1;
    recorders.forEach((recorder, worker) => {
      const add = (
        metric: BuiltinMetric,
        value: number,
        tags: Readonly<Record<string, string>> = {},
      ): void => {
        let set = recorder.root;
        for (const [key, text] of Object.entries(tags)) set = set.with(key, text);
        recorder.series(M[metric], set).add(value);
      };
      for (let i = 0; i < Math.max(1, Math.round((perSecond * ramp) / 2)); i++) {
        nowMs = second * 1000 + 500;
        names.forEach((name, k) => {
          const scenario = scenarios[k % scenarios.length] as string;
          const group = groups.length > 0 ? (groups[k % groups.length] as string) : '';
          const failed = k % 4 === 1 && slow > 1 && next() < 0.2;
          const method = k % 3 === 2 ? 'POST' : 'GET';
          const tags = { scenario, group, method, name, status: failed ? '503' : '200' };
          const ms = (8 + 6 * k) * longTail(next) * slow;
          add('http_reqs', 1, tags);
          add('http_req_duration', ms, tags);
          add('http_req_waiting', ms * 0.9, { scenario });
          add('http_req_failed', failed ? 1 : 0, tags);
          add('data_received', 1200 + k * 10, { scenario });
          add('data_sent', 300, { scenario });
          if (checks.length > 0) {
            const check = checks[k % checks.length] as string;
            add('checks', failed ? 0 : 1, { scenario, group, check });
          }
          if (group !== '') add('group_duration', ms + 5, { scenario, group });
          if (failed && errors.length > 0)
            recorder.errors.count(`${method} ${name}`, 1503, errors[k % errors.length] as string);
          add('iterations', 1, { scenario });
          add('iteration_duration', ms + 20, { scenario });
          counts.set(scenario, (counts.get(scenario) ?? 0) + 1);
          if (input.open === true) {
            add('iteration_response_time', ms + 20 + (slow > 1 ? 400 * next() : 1), { scenario });
            add('generator_start_lag', next() * 2, { scenario });
          }
        });
      }
      add('vus', Math.round(25 * ramp));
      add('vus_max', 25);
      add('generator_loop_busy', 0.2 + 0.3 * ramp + 0.05 * next());
      add('generator_loop_lag', 1 + next());
      add('generator_cpu', 0.3 + 0.3 * ramp);
      add('generator_memory', 150e6 + second * 1000);
      const bytes = recorder.flush(`w${worker}`, second + 1, second * 1000, (second + 1) * 1000);
      snapshots.push(bytes);
      aggregate.apply(bytes);
      course.addBytes(bytes);
    });
  }
  const durationMs = seconds * 1000;
  aggregate.durationMs = durationMs;
  const judgement = judge.evaluate(durationMs, true);
  const validity = judgeValidity(aggregate, OPTIONS.validity.maxStartLagMs);
  const causes = endCauses(judgement, validity);
  const summary = buildSummary({
    aggregate,
    options: OPTIONS,
    plainOptions: plainOptions(OPTIONS),
    run: {
      script: input.script ?? 'checkout.ts',
      startedAt: new Date('2026-03-01T09:30:00Z'),
      durationMs,
      version: '0.1.0',
      node: '22.1.0',
      workers: 2,
    },
    scenarios: Object.fromEntries(
      [...counts].map(([name, iterations]) => [
        name,
        {
          executor: input.open === true ? 'constant-arrival-rate' : 'ramping-vus',
          iterations,
          failed: 0,
          interrupted: 0,
          dropped: 0,
        },
      ]),
    ),
    subMetrics,
    judgement,
    validity,
    causes,
    decision: decideVerdict(causes),
  });
  return { course, summary, snapshots };
}

export const TWENTY_NAMES: readonly string[] = Array.from(
  { length: 20 },
  (_, i) => `http://shop.example/${['products', 'cart', 'orders', 'users', 'search'][i % 5]}/${i + 1}`,
);
