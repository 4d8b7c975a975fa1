/** All outputs of a run as one follower: merges the reports once, and lets every receiver take its own time. */

import { randomBytes } from 'node:crypto';
import { BruntError, ConfigError, type Problem } from '../../dsl/errors.ts';
import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import type { SampleColumns } from '../../workers/record/sample-columns.ts';
import { decodeSnapshot } from '../../workers/record/snapshot.ts';
import { isOwnSource } from '../aggregate/own-source.ts';
import { bruntVersion } from '../config/version.ts';
import type { RunFollower, RunPreparation } from '../run/follower.ts';
import type { OutputSummary, Summary } from '../summary/model.ts';
import { Accumulator } from './accumulator.ts';
import { Lane, reasonOf } from './lane.ts';
import type { Output, OutputRun, SampleBatch } from './output.ts';
import { SampleLane } from './sample-lane.ts';
import { SampleReader } from './sample-reader.ts';
import { STDOUT } from './sink.ts';

const OPEN_MS = 10_000;
/** What receivers get at the end for all that they have not taken yet. */
const DRAIN_MS = 5000;
const CLOSE_MS = 2000;
/** What an output gets for the summary. */
const ENDED_MS = 5000;
const TOO_MANY = 'there are more samples than the main thread can take';

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
  /** Of outputs that want every sample. */
  readonly #sampleLanes: ReadonlyMap<Output, SampleLane>;
  readonly wantsSamples: boolean;
  readonly usesStdout: boolean;
  readonly #warn: (text: string) => void;
  /** Of which nothing more is asked. */
  readonly #gone = new Set<Output>();
  readonly #reader = new SampleReader();
  #startedAt = new Date();
  #accumulator: Accumulator | undefined;

  /** `warn` is called when a receiver begins to fail. */
  constructor(outputs: readonly Output[], warn: (text: string) => void) {
    this.#outputs = outputs;
    this.#warn = warn;
    const failing = (output: Output) => (reason: string) =>
      warn(`-o ${output.name}: ${reason}; the run goes on`);
    this.#lanes = outputs.map((output) => new Lane(output, failing(output)));
    const sampling = outputs.filter((output) => output.samples !== undefined);
    this.#sampleLanes = new Map(
      sampling.map((output) => [output, new SampleLane(output, failing(output))] as const),
    );
    this.wantsSamples = sampling.length > 0;
    this.usesStdout = outputs.some(({ file }) => file === STDOUT);
  }

  /** Rejects with the problems of all outputs that cannot be opened. */
  async prepared(preparation: RunPreparation): Promise<void> {
    const run = describeRun(preparation);
    this.#accumulator = new Accumulator(run.metrics);
    const opened = await Promise.allSettled(
      this.#outputs.map(async (output) => {
        if (!(await within(OPEN_MS, output.open(run))))
          throw new Error(`it takes longer than ${OPEN_MS / 1000} s`);
      }),
    );
    const problems = opened.flatMap((result, i) =>
      result.status === 'rejected' ? problemsOf(this.#outputs[i] as Output, result.reason) : [],
    );
    if (problems.length > 0) throw new ConfigError(problems);
  }

  started(at: Date): void {
    this.#startedAt = at;
    this.#accumulator?.startAt(at);
  }

  snapshot(bytes: ArrayBuffer): void {
    this.#accumulator?.apply(bytes);
    if (!this.wantsSamples) return;
    const snapshot = decodeSnapshot(bytes);
    if (isOwnSource(snapshot.source)) this.#offer(this.#reader.gaugesOf(snapshot, this.#startedAt));
  }

  samples(columns: SampleColumns): void {
    this.#offer(this.#reader.read(columns));
    if (columns.dropped === 0) return;
    for (const lane of this.#sampleLanes.values()) lane.lose(columns.dropped, TOO_MANY);
  }

  #offer(batch: SampleBatch): void {
    for (const lane of this.#sampleLanes.values()) lane.offer(batch);
  }

  second(): void {
    const batch = this.#accumulator?.take();
    if (batch !== undefined) for (const lane of this.#lanes) lane.offer(batch);
  }

  async finishing(): Promise<{ readonly outputs: readonly OutputSummary[] }> {
    this.second();
    const lanes = [...this.#lanes, ...this.#sampleLanes.values()];
    await within(DRAIN_MS, Promise.all(lanes.map((lane) => lane.drained())));
    for (const lane of lanes) lane.end();
    const closed = await this.#close();
    return { outputs: this.#outputs.map((output, i) => this.#summarize(output, i, closed[i])) };
  }

  #summarize(output: Output, i: number, notClosed: string | undefined): OutputSummary {
    const lane = this.#lanes[i] as Lane;
    const ofSamples = this.#sampleLanes.get(output);
    const problem = lane.problem ?? ofSamples?.problem ?? notClosed;
    const { sent: batches, lost } = lane;
    return {
      name: output.name,
      batches,
      lost,
      ...(ofSamples === undefined ? {} : { samples: { written: ofSamples.written, lost: ofSamples.lost } }),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  async ended(summary: Summary): Promise<void> {
    await Promise.all(
      this.#outputs.map(async (output) => {
        if (output.ended === undefined || this.#gone.has(output)) return;
        let reason: string | undefined;
        try {
          if (!(await within(ENDED_MS, output.ended(summary))))
            reason = 'it did not take the summary in time';
        } catch (error) {
          reason = reasonOf(error);
        }
        if (reason !== undefined) this.#warn(`-o ${output.name}: ${reason}`);
        this.#letGo(output);
      }),
    );
  }

  #letGo(output: Output): void {
    this.#gone.add(output);
    output.destroy?.();
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
          this.#letGo(output);
          return 'it could not be closed in time';
        } catch (error) {
          if (output.ended === undefined) this.#letGo(output);
          return reasonOf(error);
        }
      }),
    );
  }
}
