/** `brunt/output`: what modules for `-o ./my-output.ts` are built on. */

import type { OutputDefinition, OutputFactory } from './types.ts';

/** Declares an output, or how one is made of its target; the module's default export. */
export function defineOutput(output: OutputDefinition | OutputFactory): OutputDefinition | OutputFactory {
  return output;
}

export { RetryableError } from './retryable-error.ts';
export type {
  CounterValues,
  GaugeValues,
  OutputBatch,
  OutputContext,
  OutputDefinition,
  OutputFactory,
  OutputRun,
  OutputSample,
  OutputSeries,
  OutputSummary,
  RateValues,
  TrendValues,
} from './types.ts';
