/**
 * The summary of a run that never came to its end, of what its file holds. Its thresholds are judged as of the end of the
 * data; what only the shared memory of its threads knew (interrupted iterations, the course of a capacity search) is
 * not there.
 */

import { EXIT } from '../../dsl/errors.ts';
import type { RequestTraces } from '../../dsl/request-trace.ts';
import type { Aggregate } from '../aggregate/types.ts';
import type { ScenarioSummary, Summary } from '../summary/model.ts';
import { formatSpan } from '../terminal/format.ts';
import type { HeadLine, StartLine } from './format.ts';
import { RestoredRun } from './restored.ts';

/** Counted per scenario by the workers. */
function scenariosOf(aggregate: Aggregate, start: StartLine): Readonly<Record<string, ScenarioSummary>> {
  const counts = (metric: string): ReadonlyMap<string, number> =>
    new Map(
      aggregate
        .grouped(metric, ['scenario'])
        .map((state) => [state.tags.get('scenario') ?? '', state.stat('count') ?? 0]),
    );
  const complete = counts('iterations');
  const failed = counts('iteration_errors');
  const dropped = counts('dropped_iterations');
  return Object.fromEntries(
    start.scenarios.map(({ name, executor }) => [
      name,
      {
        executor,
        iterations: complete.get(name) ?? 0,
        failed: failed.get(name) ?? 0,
        interrupted: 0,
        dropped: dropped.get(name) ?? 0,
      },
    ]),
  );
}

export class PartialResult {
  readonly #head: HeadLine;
  readonly #start: StartLine;
  readonly #aggregate: Aggregate;
  readonly #run: RestoredRun;

  /** Before the first report is applied to the aggregate. */
  constructor(head: HeadLine, start: StartLine, aggregate: Aggregate) {
    this.#head = head;
    this.#start = start;
    this.#aggregate = aggregate;
    this.#run = new RestoredRun(start, aggregate);
  }

  /** A report up to that time is to be applied. */
  reporting(toMs: number): void {
    this.#run.reporting(toMs);
  }

  #plannedMs(): number {
    const timed = this.#start.scenarios.filter(({ executor }) => !/iterations$|^capacity$/.test(executor));
    return Math.max(0, ...timed.map(({ endMs }) => endMs));
  }

  summary(traces: RequestTraces | undefined): Summary {
    const { toMs } = this.#run;
    const { node, startedAt, workers } = this.#start;
    const { script, version } = this.#head;
    const reason = `the run did not come to its end: this is what it had measured after ${formatSpan(toMs)}`;
    const summary = this.#run.summary({
      run: { script, startedAt: new Date(startedAt), version, node, workers },
      durationMs: toMs,
      scenarios: scenariosOf(this.#aggregate, this.#start),
      causes: [{ exitCode: EXIT.interrupted, reason }],
    });
    return {
      ...summary,
      ...(traces === undefined ? {} : { traces }),
      partial: { toMs, plannedMs: this.#plannedMs() },
    };
  }
}
