/**
 * The file that `--save` writes: gzip over JSON lines, a gzip member of its own for every report, so that what was
 * written can be read whatever becomes of the rest.
 *
 *     head       one, first: what was run, by what
 *     start      one, when the load begins: what is needed to judge a file without an end
 *     report     one per worker and second: what changed since its last one
 *     traces     with `--trace-slowest`: requests that were among the slowest or first failing ones at their second
 *     end        one, last: the summary; a file without it is partial
 *
 * Readers pass over lines of kinds that they do not know.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { RequestTraces } from '../../dsl/request-trace.ts';
import type { ErrorDelta, SeriesDef } from '../../workers/record/types.ts';
import type { Summary, ThresholdBaseline } from '../summary/model.ts';

export const RESULT_SCHEMA = 'brunt/result@1';

/** Appended to the name of a file while it is being written. */
export const PARTIAL = '.partial';

export interface HeadLine {
  readonly kind: 'head';
  readonly schema: typeof RESULT_SCHEMA;
  readonly script: string;
  /** ISO time at which the file was made. */
  readonly startedAt: string;
  readonly version: string;
  /** Who writes it. */
  readonly writer?: { readonly pid: number; readonly host: string };
}

export interface StartLine {
  readonly kind: 'start';
  /** ISO time at which the load began. */
  readonly startedAt: string;
  /** Version of Node, such as `20.20.0`. */
  readonly node: string;
  readonly workers: number;
  /** As in the summary. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly scenarios: readonly {
    readonly name: string;
    readonly executor: string;
    /** When it stops starting iterations, ms since the start. */
    readonly endMs: number;
  }[];
  /** Of thresholds that refer to a baseline: what their limits were made of. */
  readonly limits: readonly {
    readonly metric: string;
    readonly threshold: string;
    readonly limit: number;
    readonly baseline?: ThresholdBaseline;
  }[];
  /** The script's own. */
  readonly metrics: readonly MetricDef[];
  /** Of `--trace-slowest`; 0: none. */
  readonly traceSlowest: number;
}

export interface TracesLine extends RequestTraces {
  readonly kind: 'traces';
}

/** A snapshot; series are announced once per source, later lines refer to them by id. */
export interface ReportLine {
  readonly kind: 'report';
  readonly source: string;
  readonly seq: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly metrics?: readonly MetricDef[];
  readonly series?: readonly SeriesDef[];
  /** `hdr`: the buckets in HDR V2, compressed, base64; values in it are integers (µs for times, else millionths). */
  readonly trends?: readonly (readonly [
    id: number,
    count: number,
    sum: number,
    sumOfSquares: number,
    min: number,
    max: number,
    hdr: string,
  ])[];
  readonly counters?: readonly (readonly [id: number, sum: number, count: number])[];
  readonly rates?: readonly (readonly [id: number, passes: number, fails: number])[];
  readonly gauges?: readonly (readonly [id: number, value: number, min: number, max: number, atMs: number])[];
  readonly errors?: readonly ErrorDelta[];
  readonly warnings?: readonly string[];
}

export interface EndLine {
  readonly kind: 'end';
  readonly summary: Summary;
}

export type ResultLine = HeadLine | StartLine | ReportLine | TracesLine | EndLine;

export const LINE_KINDS: readonly ResultLine['kind'][] = ['head', 'start', 'report', 'traces', 'end'];
