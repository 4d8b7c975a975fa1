/**
 * Results of machines that ran one test together, as one. What is merged is what was measured, histogram by histogram,
 * so every number is what a single run would have had; thresholds are judged anew over all of it.
 *
 *     of the parts           in the whole
 *     measurements           merged by second, bucket by bucket
 *     checks, requests,      made of them
 *       errors, metrics
 *     thresholds             those of the first part, judged over all
 *     iterations, dropped …  added up
 *     invalid, aborted …     what kept a part from being whole keeps the whole from it, too
 */

import { basename } from 'node:path';
import { BruntError, ConfigError, EXIT } from '../../dsl/errors.ts';
import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import { encodeSnapshot } from '../../workers/record/snapshot.ts';
import { createAggregate } from '../aggregate/aggregate.ts';
import { concerns } from '../compare/guards.ts';
import { identityOf } from '../compare/identity.ts';
import type { StartLine } from '../results/format.ts';
import { unreadable } from '../results/reader.ts';
import { RestoredRun } from '../results/restored.ts';
import { applyTo, loadFrame, loadResult } from '../results/result.ts';
import { ResultWriter } from '../results/writer.ts';
import type { ScenarioSummary, Summary } from '../summary/model.ts';
import type { Cause } from '../summary/verdict.ts';
import { MergedTraces } from '../traces/merged.ts';
import { mergedReports } from './reports.ts';

interface Part {
  readonly file: string;
  readonly start: StartLine;
  readonly summary: Summary;
}

export interface MergeOptions {
  /** Parts that do not look like one test are merged all the same. */
  readonly force: boolean;
  readonly warn: (text: string) => void;
}

/** After so many reports the writer is waited for: reading is faster than writing. */
const REPORTS_AT_ONCE = 100;

async function partOf(file: string): Promise<Part> {
  const { start, summary: written } = await loadFrame(file);
  // Of a machine that was lost, what it had measured is worth having; only the whole file tells its numbers.
  const summary = written ?? (await loadResult(file)).summary;
  if (start === undefined || summary === undefined) throw unreadable(file, 'its load never began');
  return { file, start, summary };
}

function endOf({ summary: { run } }: Part): number {
  return Date.parse(run.startedAt) + run.durationMs;
}

/** Why these are no parts of one test. */
function refusals(parts: readonly Part[]): readonly string[] {
  const found: string[] = [];
  const alike = parts.map(({ file, summary }) => ({
    ...identityOf(file, summary),
    // A part that is not whole is merged, and the whole says so.
    unusable: undefined,
  }));
  for (const { severity, message } of concerns(alike)) if (severity === 'refuse') found.push(message);
  const lastStart = Math.max(...parts.map(({ summary }) => Date.parse(summary.run.startedAt)));
  const firstEnd = Math.min(...parts.map(endOf));
  if (lastStart > firstEnd)
    found.push('they did not run at the same time; `brunt compare` is for runs after each other');
  return found;
}

function checkParts(parts: readonly Part[], { force, warn }: MergeOptions): void {
  const searched = parts.find(({ summary }) =>
    Object.values(summary.scenarios).some(({ executor }) => executor === 'capacity'),
  );
  if (searched !== undefined) {
    throw new BruntError(`${searched.file} is a search for the capacity, which cannot be merged`, {
      code: 'CANNOT_MERGE',
      exitCode: EXIT.badConfig,
      hint: 'each machine searched for itself: the rates that they found do not add up to one',
    });
  }
  const found = refusals(parts);
  if (found.length === 0) return;
  if (force) {
    for (const message of found) warn(`merged all the same: ${message}`);
    return;
  }
  throw new ConfigError(
    found.map((message) => ({
      message: `The results are no parts of one test: ${message}.`,
      hint: 'Merge what several machines measured in one test, or give --force',
    })),
  );
}

const SUMS = ['iterations', 'failed', 'interrupted', 'dropped'] as const;

function scenariosOf(parts: readonly Part[]): Readonly<Record<string, ScenarioSummary>> {
  const sums: Record<string, ScenarioSummary> = {};
  for (const { summary } of parts) {
    for (const [name, scenario] of Object.entries(summary.scenarios)) {
      const sum = sums[name];
      sums[name] =
        sum === undefined
          ? scenario
          : { ...sum, ...Object.fromEntries(SUMS.map((key) => [key, sum[key] + scenario[key]])) };
    }
  }
  return sums;
}

/** What the thresholds, judged over all parts, do not tell. */
function causesOf({ file, summary }: Part): readonly Cause[] {
  const { exitCode, reasons } = summary.run;
  const name = basename(file);
  if (summary.partial !== undefined)
    return [{ exitCode: EXIT.invalid, reason: `${name} is partial: its run never came to its end` }];
  if (!summary.generator.valid && exitCode !== EXIT.invalid)
    return [{ exitCode: EXIT.invalid, reason: `${name}: its generator was the limit` }];
  if (exitCode === EXIT.passed || exitCode === EXIT.thresholdsFailed) return [];
  return [{ exitCode, reason: `${name}: ${reasons[0] ?? summary.run.verdict}` }];
}

function mergedStart(parts: readonly Part[]): StartLine {
  const { start } = parts[0] as Part;
  const metrics = new Map(parts.flatMap((part) => part.start.metrics.map((def) => [def.name, def] as const)));
  return {
    ...start,
    startedAt: parts.map((part) => part.start.startedAt).toSorted()[0] as string,
    workers: parts.reduce((sum, part) => sum + part.start.workers, 0),
    metrics: [...metrics.values()],
    traceSlowest: Math.max(...parts.map((part) => part.start.traceSlowest)),
  };
}

/** Writes the merged result and gives its summary. Throws a BruntError (exit 104) for files that cannot be merged. */
export async function mergeFiles(
  files: readonly string[],
  output: string,
  options: MergeOptions,
): Promise<Summary> {
  const parts: Part[] = [];
  for (const file of files) parts.push(await partOf(file));
  checkParts(parts, options);

  const start = mergedStart(parts);
  const aggregate = createAggregate(BUILTIN_METRICS);
  const restored = new RestoredRun(start, aggregate);
  const traces = new MergedTraces(start.traceSlowest);
  const [{ summary: first }] = parts as [Part];
  const writer = new ResultWriter(output, first.run.script, options.warn);
  try {
    writer.put(start);
    let count = 0;
    for await (const { file, snapshot, traces: traced } of mergedReports(files)) {
      restored.reporting(snapshot.toMs);
      applyTo(aggregate, file, snapshot);
      writer.add(encodeSnapshot(snapshot));
      for (const more of traced) {
        const added = traces.add(more);
        if (added !== undefined) writer.put({ kind: 'traces', ...added });
      }
      count++;
      if (count % REPORTS_AT_ONCE === 0) await writer.written();
      if (writer.problem !== undefined) throw notWritten(output, writer.problem);
    }
  } catch (error) {
    writer.discard();
    throw error;
  }
  const { script, version, node } = first.run;
  const summary: Summary = {
    ...restored.summary({
      run: { script, version, node, startedAt: new Date(start.startedAt), workers: start.workers },
      durationMs: Math.max(...parts.map((part) => part.summary.run.durationMs)),
      scenarios: scenariosOf(parts),
      causes: parts.flatMap(causesOf),
      advice: [...new Set(parts.flatMap((part) => part.summary.generator.notes))],
    }),
    ...(start.traceSlowest > 0 ? { traces: traces.all() } : {}),
    merged: files.map((file) => basename(file)),
  };
  await writer.finish(summary);
  if (writer.problem !== undefined) throw notWritten(output, writer.problem);
  return summary;
}

function notWritten(output: string, problem: string): BruntError {
  return new BruntError(`the merged result could not be written to ${output}: ${problem}`, {
    code: 'RESULT_NOT_WRITTEN',
    exitCode: EXIT.badConfig,
  });
}
