/** What `--trace-slowest` keeps of a request: all that was sent and came back, within bounds and without secrets. */

import type { Timings } from './http/types.ts';

/** Why a body is not there. `encoded`: compressed in a way that cannot be undone here. */
export type BodyOmission = 'streamed' | 'discarded' | 'encoded' | 'not seen';

export interface TracedBody {
  /** Bytes of the whole, decompressed; 0 where nobody counted them. */
  readonly size: number;
  /** Of `content`: text as it is, anything else as base64. */
  readonly encoding: 'text' | 'base64';
  readonly content: string;
  /** `content` is only the beginning. */
  readonly truncated: boolean;
  /** In place of the content. */
  readonly omitted?: BodyOmission;
}

/** Name and value, in order; repeated ones repeat. */
export type TracedHeaders = readonly (readonly [name: string, value: string])[];

/**
 * One request and what became of it; every hop of a redirect and every attempt is one of its own. Secrets are `***`
 * everywhere. All text is the system's or the script's: whoever shows it escapes it.
 */
export interface RequestTrace {
  readonly method: string;
  readonly url: string;
  /** As in the metrics. */
  readonly name: string;
  /** 0: there was no response. */
  readonly status: number;
  readonly proto: string;
  /** Why it counts as failed; empty where it does not. */
  readonly error: string;
  readonly errorCode: number;
  /** When the call began, ms since the start of the load. */
  readonly atMs: number;
  readonly timings: Timings;
  readonly scenario: string;
  /** `::outer::inner`, or empty. */
  readonly group: string;
  readonly vu: number;
  /** Number of the VU's iteration, from 0. */
  readonly iteration: number;
  /** Those of its samples, without the ones above. */
  readonly tags: Readonly<Record<string, string>>;
  readonly remote: string;
  readonly request: { readonly headers: TracedHeaders; readonly body: TracedBody | null };
  readonly response: { readonly headers: TracedHeaders; readonly body: TracedBody | null } | null;
}

export interface RequestTraces {
  /** Longest `timings.duration` first; only requests that got a response. */
  readonly slowest: readonly RequestTrace[];
  /** In the order of time. */
  readonly failed: readonly RequestTrace[];
}
