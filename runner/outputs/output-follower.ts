/** All outputs of a run as one follower: merges the reports once, and lets every receiver take its own time. */

import { randomBytes } from 'node:crypto';
import { BruntError, ConfigError, type Problem } from '../../dsl/errors.ts';
import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import { bruntVersion } from '../config/version.ts';
import type { RunFollower, RunPreparation } from '../run/follower.ts';
import type { OutputSummary } from '../summary/model.ts';
import { Accumulator } from './accumulator.ts';
import { Lane, reasonOf } from './lane.ts';
import type { Output, OutputRun } from './output.ts';

/** What receivers get at the end for all that they have not taken yet. */
const DRAIN_MS = 5000;
const CLOSE_MS = 2000;

async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const done = await Promise.race([work.then(() => true), over]);
  clearTimeout(timer);
  return done;
}

/** A short name is easier to type into a query than a UUID; 48 bits keep a year's runs apart. */
function newRunId(): string {
  return randomBytes(6).toString('hex');
}

function problemsOf(output: Output, error: unknown): readonly Problem[] {
  const where = `-o ${output.name}`;
  if (error instanceof ConfigError) return error.problems.map((problem) => ({ where, ...problem }));
  if (error instanceof BruntError) {
    return [{ message: error.message, where, ...(error.hint === undefined ? {} : { hint: error.hint }) }];
  }
  return [{ message: `it cannot be opened: ${reasonOf(error)}`, where }];
}

function describeRun({ script, options, rules, customMetrics }: RunPreparation): OutputRun {
  return {
    script,
    runId: newRunId(),
    version: bruntVersion(),
    metrics: [...BUILTIN_METRICS, ...customMetrics],
    options,
    rules: rules.filter((rule) => !rule.builtin),
  };
}

export class OutputFollower implements RunFollower {
  readonly name = '-o';
  readonly #outputs: readonly Output[];
  readonly #lanes: readonly Lane[];
  #accumulator: Accumulator | undefined;

  /** `warn` is called when a receiver begins to fail. */
  constructor(outputs: readonly Output[], warn: (text: string) => void) {
    this.#outputs = outputs;
    this.#lanes = outputs.map(
      (output) => new Lane(output, (reason) => warn(`-o ${output.name}: ${reason}; the run goes on`)),
    );
  }

  /** Rejects with the problems of all outputs that cannot be opened. */
  async prepared(preparation: RunPreparation): Promise<void> {
    const run = describeRun(preparation);
    this.#accumulator = new Accumulator(run.metrics);
    const opened = await Promise.allSettled(this.#outputs.map(async (output) => output.open(run)));
    const problems = opened.flatMap((result, i) =>
      result.status === 'rejected' ? problemsOf(this.#outputs[i] as Output, result.reason) : [],
    );
    if (problems.length > 0) throw new ConfigError(problems);
  }

  started(at: Date): void {
    this.#accumulator?.startAt(at);
  }

  snapshot(bytes: ArrayBuffer): void {
    this.#accumulator?.apply(bytes);
  }

  second(): void {
    const batch = this.#accumulator?.take();
    if (batch !== undefined) for (const lane of this.#lanes) lane.offer(batch);
  }

  async finishing(): Promise<{ readonly outputs: readonly OutputSummary[] }> {
    this.second();
    await within(DRAIN_MS, Promise.all(this.#lanes.map((lane) => lane.drained())));
    for (const lane of this.#lanes) lane.end();
    const closed = await this.#close();
    return {
      outputs: this.#outputs.map((output, i) => {
        const lane = this.#lanes[i] as Lane;
        const problem = lane.problem ?? closed[i];
        const { sent: batches, lost } = lane;
        return { name: output.name, batches, lost, ...(problem === undefined ? {} : { problem }) };
      }),
    };
  }

  discarded(): void {
    void this.#close();
  }

  /** What kept each from closing; undefined where nothing did. */
  #close(): Promise<(string | undefined)[]> {
    return Promise.all(
      this.#outputs.map(async (output) => {
        try {
          const closed = await within(
            output.closeTimeoutMs ?? CLOSE_MS,
            Promise.resolve().then(() => output.close()),
          );
          if (closed) return undefined;
          output.destroy?.();
          return 'it could not be closed in time';
        } catch (error) {
          output.destroy?.();
          return reasonOf(error);
        }
      }),
    );
  }
}
