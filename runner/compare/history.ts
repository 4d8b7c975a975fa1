/**
 * How the system did from run to run: a row for each, and what its p(95) is beside those of the runs before it that are
 * like it. With a history of 19 that is a verdict, see verdict.ts; with fewer it is a number.
 */

import { basename } from 'node:path';
import type { Summary } from '../summary/model.ts';
import { type Dated, datedResults, type Unread } from './dated.ts';
import { concerns } from './guards.ts';
import { judgeRuns, LEAST_HISTORY } from './verdict.ts';

export interface HistoryRow {
  readonly file: string;
  readonly startedAt: string;
  readonly script: string;
  /** `partial` for a run that never came to its end. */
  readonly verdict: Summary['run']['verdict'] | 'partial';
  /** Of `History.metric`; null where the run does not have it. Times in ms. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Of requests, or iterations where there are none. */
  readonly perSecond: number | null;
  /** Share of failed requests; null without requests. */
  readonly failed: number | null;
  /** Compared with the runs before; null where there is none that it can be compared with. */
  readonly effect: number | null;
  /** Null until there are 19 of them. */
  readonly judged: 'regression' | 'ok' | null;
  /** Why it is compared with none; absent where it is, and for the first of its kind. */
  readonly apart?: string;
}

export interface History {
  readonly schema: 'brunt/history@1';
  readonly metric: string;
  /** Oldest first. */
  readonly rows: readonly HistoryRow[];
  readonly unread: readonly Unread[];
}

/** The first of them that the newest run has. */
const METRICS = [
  'http_req_duration',
  'grpc_req_duration',
  'ws_msg_rtt',
  'sql_query_duration',
  'iteration_duration',
] as const;

function metricOf(results: readonly Dated[]): string {
  const newest = results.findLast(({ summary }) => summary !== undefined)?.summary;
  return METRICS.find((name) => (newest?.metrics[name]?.values.count ?? 0) > 0) ?? 'iteration_duration';
}

function rowOf({ file, startedAt, identity, summary }: Dated, metric: string): HistoryRow {
  const values = summary?.metrics[metric]?.values ?? {};
  const requests = summary?.metrics.http_reqs ?? summary?.metrics.iterations;
  return {
    file,
    startedAt,
    script: summary === undefined ? '' : basename(summary.run.script),
    verdict: summary === undefined || summary.partial !== undefined ? 'partial' : summary.run.verdict,
    p50: values['p(50)'] ?? null,
    p95: values['p(95)'] ?? null,
    p99: values['p(99)'] ?? null,
    perSecond: requests?.values.rate ?? null,
    failed: summary?.metrics.http_req_failed?.values.rate ?? null,
    effect: null,
    judged: null,
    ...(identity.unusable === undefined ? {} : { apart: identity.unusable }),
  };
}

function isLike(a: Dated, b: Dated): boolean {
  return concerns([a.identity, b.identity]).every(({ severity }) => severity !== 'refuse');
}

/** Throws a BruntError (exit 104) where there is nothing to read. */
export async function readHistory(files: readonly string[], margin: number): Promise<History> {
  const { results, unread } = await datedResults(files);
  const metric = metricOf(results);
  const plain = results.map((result) => rowOf(result, metric));
  const rows = plain.map((row, i): HistoryRow => {
    const result = results[i] as Dated;
    if (row.p95 === null || row.apart !== undefined) return row;
    const before = plain
      .slice(0, i)
      .flatMap(({ apart, p95 }, j) =>
        p95 !== null && apart === undefined && isLike(result, results[j] as Dated) ? [p95] : [],
      )
      .slice(-LEAST_HISTORY);
    if (before.length === 0) return row;
    const { design, effect, verdict } = judgeRuns(before, [row.p95], { margin, higherIsBetter: false });
    const judged = design !== 'history' ? null : verdict === 'regression' ? 'regression' : 'ok';
    return { ...row, effect: Number.isFinite(effect) ? effect : null, judged };
  });
  return { schema: 'brunt/history@1', metric, rows, unread };
}
