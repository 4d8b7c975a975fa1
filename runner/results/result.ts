/** A saved result, loaded: the summary, and every series as the aggregate of the run had it. */

import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import { encodeSnapshot } from '../../workers/record/snapshot.ts';
import type { Snapshot } from '../../workers/record/types.ts';
import { createAggregate } from '../aggregate/aggregate.ts';
import type { Aggregate, Selector } from '../aggregate/types.ts';
import type { Summary } from '../summary/model.ts';
import { MergedTraces } from '../traces/merged.ts';
import type { HeadLine, ReportLine, StartLine } from './format.ts';
import { type Intervals, IntervalTracker } from './intervals.ts';
import { PartialResult } from './partial.ts';
import { readLines, unreadable } from './reader.ts';
import { toSnapshot } from './report-line.ts';

export interface SavedResult {
  readonly file: string;
  readonly head: HeadLine;
  /**
   * As the run wrote it. Of a run that never came to its end: made of what is there, with `partial`; undefined where its
   * load never began.
   */
  readonly summary: Summary | undefined;
  readonly aggregate: Aggregate;
  /** What each second held, of the selectors that were asked for. */
  intervals(selector: Selector): Intervals | undefined;
}

export interface LoadOptions {
  /** Selectors whose seconds are to be kept. */
  readonly intervals?: readonly Selector[];
  /** Selectors whose course is to be kept. */
  readonly courses?: readonly Selector[];
  /** Called with every report, in order. */
  readonly each?: (snapshot: Snapshot) => void;
}

/** A line that was changed by hand, or damaged in a way that gzip does not notice, is the file's fault. */
export function snapshotOf(file: string, line: ReportLine): Snapshot {
  try {
    return toSnapshot(line);
  } catch (error) {
    throw unreadable(file, messageOf(error), error);
  }
}

/** Throws a BruntError (exit 104) for one that does not follow from those before. */
export function applyTo(aggregate: Aggregate, file: string, snapshot: Snapshot): void {
  try {
    aggregate.apply(encodeSnapshot(snapshot));
  } catch (error) {
    throw unreadable(file, messageOf(error), error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Throws a BruntError (exit 104) for what is no saved result. */
export async function loadResult(file: string, options: LoadOptions = {}): Promise<SavedResult> {
  const aggregate = createAggregate(BUILTIN_METRICS);
  for (const selector of options.courses ?? []) aggregate.track(selector, { history: true });
  const trackers = (options.intervals ?? []).map((selector) => new IntervalTracker(selector));
  let head: HeadLine | undefined;
  let summary: Summary | undefined;
  let partial: PartialResult | undefined;
  let traces: MergedTraces | undefined;
  let toMs = 0;
  for await (const line of readLines(file)) {
    switch (line.kind) {
      case 'head':
        head = line;
        break;
      case 'start':
        partial = new PartialResult(head as HeadLine, line, aggregate);
        if (line.traceSlowest > 0) traces = new MergedTraces(line.traceSlowest);
        break;
      case 'report': {
        const snapshot = snapshotOf(file, line);
        toMs = Math.max(toMs, snapshot.toMs);
        partial?.reporting(snapshot.toMs);
        applyTo(aggregate, file, snapshot);
        for (const tracker of trackers) tracker.add(snapshot);
        options.each?.(snapshot);
        break;
      }
      case 'traces':
        traces?.add(line);
        break;
      case 'end':
        summary = line.summary;
    }
  }
  aggregate.durationMs = summary?.run.durationMs ?? toMs;
  summary ??= partial?.summary(traces?.all());
  return {
    file,
    head: head as HeadLine,
    summary,
    aggregate,
    intervals: (selector) => trackers.find((tracker) => tracker.isFor(selector))?.intervals(),
  };
}

export interface ResultFrame extends Pick<SavedResult, 'head' | 'summary'> {
  /** Undefined where the load never began. */
  readonly start: StartLine | undefined;
}

/** What a result says of itself, without its measurements; the summary is undefined where the run never ended. */
export async function loadFrame(file: string): Promise<ResultFrame> {
  let head: HeadLine | undefined;
  let start: StartLine | undefined;
  let summary: Summary | undefined;
  for await (const line of readLines(file)) {
    if (line.kind === 'head') head = line;
    else if (line.kind === 'start') start = line;
    else if (line.kind === 'end') summary = line.summary;
  }
  return { head: head as HeadLine, start, summary };
}
