/** A saved result, loaded: the summary, and every series as the aggregate of the run had it. */

import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import { encodeSnapshot } from '../../workers/record/snapshot.ts';
import type { Snapshot } from '../../workers/record/types.ts';
import { createAggregate } from '../aggregate/aggregate.ts';
import type { Aggregate, Selector } from '../aggregate/types.ts';
import type { Summary } from '../summary/model.ts';
import { MergedTraces } from '../traces/merged.ts';
import type { HeadLine, ReportLine } from './format.ts';
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
function snapshotOf(file: string, line: ReportLine): Snapshot {
  try {
    return toSnapshot(line);
  } catch (error) {
    throw unreadable(file, messageOf(error), error);
  }
}

function applyTo(aggregate: Aggregate, file: string, snapshot: Snapshot): void {
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

/** What a result says of itself, without its measurements; the summary is undefined where the run never ended. */
export async function loadSummary(file: string): Promise<Pick<SavedResult, 'head' | 'summary'>> {
  let head: HeadLine | undefined;
  let summary: Summary | undefined;
  for await (const line of readLines(file)) {
    if (line.kind === 'head') head = line;
    else if (line.kind === 'end') summary = line.summary;
  }
  return { head: head as HeadLine, summary };
}

/**
 * Merges results of machines that ran one test together: the aggregate that a single run would have had. Every source
 * keeps its name behind the place of its file, so that gauges of different machines stay apart.
 */
export async function mergeResults(files: readonly string[]): Promise<Aggregate> {
  const aggregate = createAggregate(BUILTIN_METRICS);
  const bySecond: AsyncGenerator<Snapshot>[] = files.map(async function* (file, i) {
    let durationMs = 0;
    for await (const line of readLines(file)) {
      if (line.kind === 'end') durationMs = line.summary.run.durationMs;
      if (line.kind !== 'report') continue;
      durationMs = Math.max(durationMs, line.toMs);
      const snapshot = snapshotOf(file, line);
      yield { ...snapshot, source: `${i}/${snapshot.source}` };
    }
    aggregate.durationMs = Math.max(aggregate.durationMs, durationMs);
  });
  // By time, as they would have come in: seconds of gauges close when a later one begins.
  const heads = await Promise.all(bySecond.map((reports) => reports.next()));
  for (;;) {
    let first = -1;
    for (const [i, head] of heads.entries()) {
      if (head.done === true) continue;
      const best = heads[first];
      if (best === undefined || best.done === true || head.value.toMs < best.value.toMs) first = i;
    }
    if (first < 0) return aggregate;
    const head = heads[first] as IteratorYieldResult<Snapshot>;
    applyTo(aggregate, files[first] as string, head.value);
    heads[first] = await (bySecond[first] as AsyncGenerator<Snapshot>).next();
  }
}
