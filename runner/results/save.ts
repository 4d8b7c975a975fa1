/** `--save FILE`: follows a run and writes its result. */

import type { RequestTraces } from '../../dsl/request-trace.ts';
import type { RunFollower, RunPreparation } from '../run/follower.ts';
import { plainOptions } from '../summary/options.ts';
import type { StartLine } from './format.ts';
import { ResultWriter } from './writer.ts';

function startLine(
  { options, plan, rules, customMetrics }: RunPreparation,
  at: Date,
  traceSlowest: number,
): StartLine {
  return {
    kind: 'start',
    startedAt: at.toISOString(),
    node: process.version.slice(1),
    workers: plan.workers,
    options: plainOptions(options),
    scenarios: plan.scenarios.map(({ name, executor, startTimeMs, durationMs }) => ({
      name,
      executor,
      endMs: startTimeMs + durationMs,
    })),
    limits: rules
      .filter(({ term }) => term !== undefined)
      .map(({ metric, threshold, limit, baseline }) => ({
        metric,
        threshold,
        limit,
        ...(baseline === undefined ? {} : { baseline }),
      })),
    metrics: customMetrics,
    traceSlowest,
  };
}

export interface SaveInput {
  readonly file: string;
  readonly script: string;
  readonly traceSlowest: number;
  readonly warn: (text: string) => void;
}

type Ends = Pick<RunFollower, 'name' | 'problem' | 'ended' | 'abandoned'>;

function following(
  { file, script, traceSlowest, warn }: SaveInput,
  ends: (writer: ResultWriter) => Ends,
): RunFollower {
  const writer = new ResultWriter(file, script, warn);
  let prepared: RunPreparation | undefined;
  return Object.assign(ends(writer), {
    prepared: (run: RunPreparation) => {
      prepared = run;
    },
    started: (at: Date) => {
      if (prepared !== undefined) writer.put(startLine(prepared, at, traceSlowest));
    },
    traces: (added: RequestTraces) => writer.put({ kind: 'traces', ...added }),
    snapshot: (bytes: ArrayBuffer) => writer.add(bytes),
    discarded: () => writer.discard(),
  });
}

/** Creates the file; throws where that is not possible. */
export function saveResult(input: SaveInput): RunFollower {
  return following(input, (writer) => ({
    name: '--save',
    get problem() {
      return writer.problem;
    },
    ended: (summary) => writer.finish(summary),
    abandoned: (summary) => writer.finishNow(summary),
  }));
}

/**
 * Keeps what a report is made of on the disk until the report is there, for a run that is killed or a report that cannot
 * be written. `isWritten` is asked when the run has ended, behind the follower that writes the report.
 */
export function keepJournal(input: SaveInput, isWritten: () => boolean): RunFollower {
  return following(input, (writer) => ({
    name: '--report',
    ended: (summary) => (isWritten() ? writer.discard() : writer.finish(summary)),
    abandoned: (summary) => (isWritten() ? writer.discard() : writer.finishNow(summary)),
  }));
}

/** `load/main.html` has its journal in `load/main.brunt.partial`, from which `brunt report` makes `load/main.html`. */
export function journalOf(report: string): string {
  return `${report.replace(/\.html?$/i, '')}.brunt`;
}
