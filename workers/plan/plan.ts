/** From options to the plan: pure arithmetic over data, nothing is started. */

import type { ResolvedOptions, ResolvedScenario, ResolvedStage } from '../../dsl/options.ts';
import { seedOf } from '../vu/random.ts';
import { RateCurve } from './rate-curve.ts';
import type { ArrivalCurve, Load, RateSegment, RunPlan, ScenarioPlan } from './types.ts';
import { closed, flatSteps, rampSteps, reservedSteps, vusAt } from './vu-steps.ts';

/** Keeps the seeds of arrival schedules apart from those of VUs, which count up from the same run seed. */
const ARRIVAL_SALT = 0x5bd1e995;

export function makePlan(options: ResolvedOptions): RunPlan {
  const scenarios = options.scenarios.map((scenario, index) => planScenario(scenario, index, options.seed));
  const sum = (of: (plan: ScenarioPlan) => number): number =>
    scenarios.reduce((all, plan) => all + of(plan), 0);
  const latest = (of: (plan: ScenarioPlan) => number): number => Math.max(0, ...scenarios.map(of));
  return {
    scenarios,
    workers: options.workers,
    seed: options.seed,
    durationMs: latest((plan) => plan.startTimeMs + plan.durationMs),
    latestEndMs: latest((plan) => plan.startTimeMs + plan.durationMs + plan.gracefulStopMs),
    plannedVUs: sum((plan) => plan.plannedVUs),
    maxVUs: sum((plan) => plan.maxVUs),
  };
}

/** When a scenario (without a name: the last of them) stops starting iterations, ms since the run's start. */
export function plannedEndMs({ scenarios }: RunPlan, name?: string): number {
  const ends = scenarios.filter((one) => name === undefined || one.name === name);
  return Math.max(...ends.map(({ startTimeMs, durationMs }) => startTimeMs + durationMs));
}

/** VUs that the schedule wants at a time (ms since the scenario's start); of an open model, those made beforehand. */
export function plannedVusAt(plan: ScenarioPlan, atMs: number): number {
  if (plan.load.kind === 'vus') return vusAt(plan.load.steps, atMs);
  return atMs >= 0 && atMs < plan.durationMs ? plan.plannedVUs : 0;
}

/** Arrivals per second that the schedule wants at a time; of bursts, their mean. Undefined for closed models. */
export function targetRateAt(plan: ScenarioPlan, atMs: number): number | undefined {
  if (plan.load.kind !== 'arrivals') return undefined;
  const { curve } = plan.load;
  if (curve.kind === 'rate') return new RateCurve(curve.segments).rateAt(atMs) * 1000;
  return atMs >= 0 && atMs < plan.durationMs ? (curve.size * 1000) / curve.everyMs : 0;
}

interface Shape {
  readonly durationMs: number;
  readonly plannedVUs: number;
  readonly maxVUs: number;
  readonly load: Load;
}

function planScenario(scenario: ResolvedScenario, index: number, seed: number): ScenarioPlan {
  const { name, executor, exec, env, tags, startTimeMs, gracefulStopMs } = scenario;
  return {
    index,
    name,
    executor,
    exec,
    env,
    tags,
    startTimeMs,
    gracefulStopMs,
    ...shapeOf(scenario, index, seed),
  };
}

function shapeOf(scenario: ResolvedScenario, index: number, seed: number): Shape {
  switch (scenario.executor) {
    case 'shared-iterations':
    case 'per-vu-iterations': {
      const mode = scenario.executor === 'shared-iterations' ? 'shared' : 'per-vu';
      const { iterations, maxDurationMs: durationMs } = scenario;
      const vus = mode === 'shared' ? Math.min(scenario.vus, iterations) : scenario.vus;
      return {
        durationMs,
        plannedVUs: vus,
        maxVUs: vus,
        load: { kind: 'iterations', mode, vus, iterations },
      };
    }
    case 'constant-vus': {
      const { vus, durationMs, gracefulStopMs } = scenario;
      return {
        durationMs,
        plannedVUs: vus,
        maxVUs: vus,
        load: {
          kind: 'vus',
          steps: flatSteps(vus, durationMs),
          reserved: flatSteps(vus, durationMs + gracefulStopMs),
          gracefulRampDownMs: 0,
        },
      };
    }
    case 'ramping-vus': {
      const { startVUs, stages, gracefulRampDownMs, gracefulStopMs } = scenario;
      const durationMs = totalMs(stages);
      const line = rampSteps(startVUs, stages);
      const reserved = reservedSteps(line, gracefulRampDownMs, durationMs + gracefulStopMs);
      const vus = line.reduce((most, step) => Math.max(most, step.vus), 0);
      const load: Load = { kind: 'vus', steps: closed(line, durationMs), reserved, gracefulRampDownMs };
      return { durationMs, plannedVUs: vus, maxVUs: vus, load };
    }
    case 'constant-arrival-rate': {
      const perMs = scenario.rate / scenario.timeUnitMs;
      const segments = [{ durationMs: scenario.durationMs, fromPerMs: perMs, toPerMs: perMs }];
      return openShape(scenario, scenario.durationMs, {
        kind: 'rate',
        segments,
        firstArea: 0,
        poissonSeed: poissonSeed(scenario.arrivals, seed, index),
      });
    }
    case 'ramping-arrival-rate':
      return openShape(scenario, totalMs(scenario.stages), {
        kind: 'rate',
        segments: rateSegments(scenario.startRate, scenario.timeUnitMs, scenario.stages),
        firstArea: 1,
        poissonSeed: poissonSeed(scenario.arrivals, seed, index),
      });
    case 'burst': {
      const { size, everyMs, count } = scenario;
      // Every burst has a period of its own before the graceful stop begins, the last one too.
      return openShape(scenario, everyMs * count, { kind: 'burst', size, everyMs, count });
    }
    case 'capacity': {
      const perSecond = 1000 / scenario.timeUnitMs;
      return {
        durationMs: scenario.maxDurationMs,
        plannedVUs: scenario.preAllocatedVUs,
        maxVUs: scenario.maxVUs,
        load: {
          kind: 'capacity',
          whenBusy: scenario.whenBusy,
          search: {
            startRate: scenario.startRate * perSecond,
            maxRate: scenario.maxRate * perSecond,
            precision: scenario.precision,
            warmUpMs: scenario.warmUpMs,
            probeMs: scenario.probeMs,
            settleMs: scenario.settleMs,
            poissonSeed: poissonSeed(scenario.arrivals, seed, index),
          },
        },
      };
    }
    default:
      return scenario satisfies never;
  }
}

function openShape(
  open: {
    readonly whenBusy: 'drop' | 'queue';
    readonly preAllocatedVUs: number;
    readonly maxVUs: number;
  },
  durationMs: number,
  curve: ArrivalCurve,
): Shape {
  const { whenBusy, preAllocatedVUs: plannedVUs, maxVUs } = open;
  return { durationMs, plannedVUs, maxVUs, load: { kind: 'arrivals', curve, whenBusy } };
}

function poissonSeed(arrivals: 'uniform' | 'poisson', seed: number, scenario: number): number | undefined {
  return arrivals === 'poisson' ? seedOf(seed ^ ARRIVAL_SALT, scenario) : undefined;
}

/** Stages as lines; an instant stage is a jump, which is no segment of its own. */
function rateSegments(
  startRate: number,
  timeUnitMs: number,
  stages: readonly ResolvedStage[],
): readonly RateSegment[] {
  let fromPerMs = startRate / timeUnitMs;
  const segments: RateSegment[] = [];
  for (const { durationMs, target } of stages) {
    const toPerMs = target / timeUnitMs;
    if (durationMs > 0) segments.push({ durationMs, fromPerMs, toPerMs });
    fromPerMs = toPerMs;
  }
  return segments;
}

function totalMs(stages: readonly ResolvedStage[]): number {
  return stages.reduce((sum, stage) => sum + stage.durationMs, 0);
}
