/**
 * How many VUs over time, as steps. A ramp is a straight line; a VU belongs to it from the moment when the line
 * reaches its number, upwards and downwards alike, as in k6:
 *
 *     6 |    ,-.                  startVUs 4, then 6 in 2s, then 1 in 5s:
 *     5 |  ,'   `.                4@0s 5@1s 6@2s 5@3s 4@4s 3@5s 2@6s 1@7s
 *     4 |,'       `.
 *       +--+--+--+--+- t
 */

import type { ResolvedStage } from '../../dsl/options.ts';
import type { VuStep } from './types.ts';

/** Number of VUs in force at a time; 0 before the first step. */
export function vusAt(steps: readonly VuStep[], atMs: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle] as VuStep).atMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : (steps[low - 1] as VuStep).vus;
}

/** A fixed number of VUs from 0 to `untilMs`. */
export function flatSteps(vus: number, untilMs: number): readonly VuStep[] {
  return closed([{ atMs: 0, vus }], untilMs);
}

/** The stages as steps, with neither an end nor a graceful ramp-down. */
export function rampSteps(startVUs: number, stages: readonly ResolvedStage[]): readonly VuStep[] {
  const steps: VuStep[] = [{ atMs: 0, vus: startVUs }];
  let startMs = 0;
  let from = startVUs;
  for (const { durationMs, target } of stages) {
    const change = target - from;
    const way = Math.sign(change);
    // An instant stage is one step, however many VUs it adds or takes.
    const reached = durationMs === 0 ? Math.abs(change) : 1;
    for (let moved = reached; moved <= Math.abs(change) && change !== 0; moved++) {
      push(steps, { atMs: startMs + (durationMs * moved) / Math.abs(change), vus: from + way * moved });
    }
    startMs += durationMs;
    from = target;
  }
  return steps;
}

/** The steps with the end of the scenario: no VU from `endMs` on. */
export function closed(steps: readonly VuStep[], endMs: number): readonly VuStep[] {
  const kept = steps.filter((step) => step.atMs < endMs);
  push(kept, { atMs: endMs, vus: 0 });
  return kept;
}

/**
 * VUs that may still be finishing an iteration: a VU that the ramp let go at t keeps its place until t + rampDown,
 * so the number is the highest that `steps` had within the last `gracefulRampDownMs`, cut off where the graceful
 * stop ends. Computed with the usual queue of falling candidates, in one pass.
 */
export function reservedSteps(
  steps: readonly VuStep[],
  gracefulRampDownMs: number,
  cutMs: number,
): readonly VuStep[] {
  const reserved: VuStep[] = [];
  const candidates: number[] = [];
  let head = 0;
  const letGoMs = (index: number): number => (steps[index + 1]?.atMs ?? Infinity) + gracefulRampDownMs;
  const emit = (atMs: number): void => {
    push(reserved, { atMs, vus: (steps[candidates[head] as number] as VuStep).vus });
  };
  const expireUntil = (ms: number): void => {
    while (head < candidates.length - 1 && letGoMs(candidates[head] as number) <= ms) {
      const atMs = letGoMs(candidates[head] as number);
      head++;
      emit(atMs);
    }
  };
  steps.forEach((step, index) => {
    expireUntil(step.atMs);
    while (candidates.length > head && (steps[candidates.at(-1) as number] as VuStep).vus <= step.vus)
      candidates.pop();
    candidates.push(index);
    expireUntil(step.atMs);
    emit(step.atMs);
  });
  expireUntil(Infinity);
  return closed(reserved, cutMs);
}

/** Appends a step; the last one at the same time wins, and a step that changes nothing is left out. */
function push(steps: VuStep[], step: VuStep): void {
  while (steps.at(-1)?.atMs === step.atMs) steps.pop();
  if (steps.at(-1)?.vus !== step.vus) steps.push(step);
}
