/**
 * The file that `--save` writes: gzip over JSON lines, a gzip member of its own for every report, so that what was
 * written can be read whatever becomes of the rest.
 *
 *     head       one, first: what was run, by what
 *     report     one per worker and second: what changed since its last one
 *     end        one, last: the summary; a file without it is partial
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { ErrorDelta, SeriesDef } from '../../workers/record/types.ts';
import type { Summary } from '../summary/model.ts';

export const RESULT_SCHEMA = 'brunt/result@1';

/** Appended to the name of a file while it is being written. */
export const PARTIAL = '.partial';

export interface HeadLine {
  readonly kind: 'head';
  readonly schema: typeof RESULT_SCHEMA;
  readonly script: string;
  /** ISO time. */
  readonly startedAt: string;
  readonly version: string;
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

export type ResultLine = HeadLine | ReportLine | EndLine;
